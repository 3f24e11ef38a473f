/// Who is logged in here, as far as the hub says.
import { api } from './api';
import { Problem } from './problem';
import type { Caller } from './protocol';

/** The caller; nobody when the hub knows no log-in. Rejects when the hub cannot be asked. */
export async function whoAmI(): Promise<Caller | undefined> {
  try {
    return await api.me();
  } catch (error) {
    if (error instanceof Problem && error.status === 401) return undefined;
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
