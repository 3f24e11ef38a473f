/// Who is logged in here, as far as the hub says.
import { api } from './api';
import { CLOSED, type Hub } from './hub';
import { Problem } from './problem';
import type { Caller } from './protocol';

/** The caller; nobody when the hub knows no log-in. Rejects when the hub cannot be asked. */
export async function whoAmI(): Promise<Caller | undefined> {
  try {
    return await api.me();
  } catch (error) {
    // Where the portal was closed, whoever belongs to it is nobody for the time being.
    if (error instanceof Problem && (error.status === 401 || error.name === 'portal_off')) return undefined;
    throw error;
  }
}

/** True only if the hub says so: a socket that is turned away looks to a page like one that is cut. */
export async function isLoggedOut(): Promise<boolean> {
  return whoAmI().then(
    (caller) => caller === undefined,
    () => false,
  );
}

const PAUSE_MS = 5_000;

/** While the hub is out of reach, asks now and then; ends the connection when the log-in is over. Returns how to stop. */
export function watchLogin(hub: Hub): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function ask(): Promise<void> {
    if (await isLoggedOut()) hub.end(CLOSED.not_authenticated);
    if (hub.connection.state === 'offline') timer = setTimeout(() => void ask(), PAUSE_MS);
  }

  const stop = hub.watch((connection) => {
    clearTimeout(timer);
    if (connection.state === 'offline') timer = setTimeout(() => void ask(), PAUSE_MS);
  });
  return () => {
    stop();
    clearTimeout(timer);
  };
}
