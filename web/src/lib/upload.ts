/// Sends a picture in pieces: after a cut, or a reload, it goes on where it stopped.
import { inward } from './http';
import { Problem } from './problem';
import type { Id, ProblemBody } from './protocol';

/** A piece, well below what the hub takes, so that little is sent twice over a bad line. */
export const PIECE_BYTES = 512 * 1024;
/** The most bytes the hub takes of one picture. */
export const PICTURE_BYTES = 15_000_000;
export const PICTURE_TYPES = ['image/jpeg', 'image/png', 'image/webp'];

/** A picture as it was chosen, kept until the hub has all of it. */
export interface Chosen {
  id: Id;
  name: string;
  type: string;
  content: Blob;
}

const TRIES = 5;
const PAUSE_MS = 800;

export interface Options {
  /** Bytes that the hub has. */
  onprogress?: (sent: number) => void;
  signal?: AbortSignal;
  /** Waits before another try; tests do not. */
  pause?: (ms: number) => Promise<void>;
}

/** Resolves once the hub has made a picture of it; rejects with a `Problem` when it never will, or not now. */
export async function upload(chosen: Chosen, options: Options = {}): Promise<void> {
  const pause = options.pause ?? ((ms) => new Promise((resolve) => setTimeout(resolve, ms)));
  for (let failed = 0; ;) {
    try {
      await attempt(chosen, options, () => (failed = 0));
      return;
    } catch (error) {
      const passing = error instanceof Problem && error.passing;
      if (options.signal?.aborted || !passing || ++failed >= TRIES) throw error;
      await pause(PAUSE_MS * 2 ** (failed - 1));
    }
  }
}

async function attempt(chosen: Chosen, options: Options, ongain: () => void): Promise<void> {
  const { id, name, type, content } = chosen;
  const path = `/api/files/${id}`;
  const body = JSON.stringify({ id, name, type, bytes: content.size });
  const begun = await send('POST', '/api/files', body, { 'content-type': 'application/json' }, options);
  let offset = offsetOf(begun) ?? 0;
  options.onprogress?.(offset);
  if ((await told(begun)).url) return;
  // At the end an empty piece asks for what may have failed there before.
  for (;;) {
    const piece = content.slice(offset, offset + PIECE_BYTES);
    const headers = { 'upload-offset': String(offset), 'content-type': 'application/octet-stream' };
    const answer = await send('PUT', path, piece, headers, options);
    offset = offsetOf(answer) ?? offset + piece.size;
    if (answer.status === 409) continue;
    ongain();
    options.onprogress?.(offset);
    if (answer.status === 200) return;
  }
}

async function send(
  method: string,
  path: string,
  body: BodyInit,
  headers: Record<string, string>,
  { signal }: Options,
): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(path, { method, body, headers, credentials: 'same-origin', signal: signal ?? null });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw Problem.offline();
  }
  // A piece that belongs elsewhere: the answer says where.
  if (answer.ok || (method === 'PUT' && answer.status === 409)) return answer;
  const problem = (await answer.json().catch(() => undefined)) as ProblemBody | undefined;
  throw typeof problem?.type === 'string'
    ? Problem.from(problem)
    : new Problem(answer.status, answer.status === 503 ? 'busy' : 'internal');
}

const offsetOf = (answer: Response): number | undefined => {
  const text = answer.headers.get('upload-offset');
  return text === null ? undefined : Number(text);
};

const told = async (answer: Response): Promise<{ url: string | null }> =>
  inward(await answer.json()) as { url: string | null };

/** Where a picture is shown. */
export const thumbUrl = (id: Id): string => `/api/files/${id}?size=thumb`;
export const fileUrl = (id: Id): string => `/api/files/${id}`;
