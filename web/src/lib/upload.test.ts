import { afterEach, expect, test, vi } from 'vitest';
import { PIECE_BYTES, upload } from './upload';

/** A hub that holds what it is sent, and fails when told to. */
class Hub {
  received = 0;
  readonly bytes: number;
  readonly calls: string[] = [];
  fail: ((method: string, offset: number) => Response | Error | undefined) | undefined;

  constructor(bytes: number) {
    this.bytes = bytes;
  }

  fetch = async (_path: string, init: RequestInit): Promise<Response> => {
    const headers = init.headers as Record<string, string>;
    const offset = Number(headers['upload-offset'] ?? -1);
    this.calls.push(init.method === 'PUT' ? `PUT ${offset}` : 'POST');
    const failure = this.fail?.(init.method!, offset);
    if (failure instanceof Error) throw failure;
    if (failure) return failure;
    if (init.method === 'PUT') {
      if (offset !== this.received) return this.#answer(409, { type: '/problems/conflict', status: 409 });
      this.received += (init.body as Blob).size;
      if (this.received < this.bytes) return new Response(null, { status: 204, headers: this.#headers() });
      return this.#answer(200, { url: '/api/files/x' });
    }
    return this.#answer(201, { url: null });
  };

  #headers = () => ({ 'upload-offset': String(this.received) });
  #answer = (status: number, body: unknown) =>
    new Response(JSON.stringify(body), { status, headers: this.#headers() });
}

const chosen = (bytes: number) => ({
  id: 'x',
  name: 'a.jpg',
  type: 'image/jpeg',
  content: new Blob([new Uint8Array(bytes)]),
});
const at_once = async () => undefined;

afterEach(() => vi.unstubAllGlobals());

test('pieces go one after the other', async () => {
  const hub = new Hub(2 * PIECE_BYTES + 10);
  vi.stubGlobal('fetch', hub.fetch);
  const progress: number[] = [];
  await upload(chosen(hub.bytes), { onprogress: (sent) => progress.push(sent) });
  expect(hub.calls).toEqual(['POST', 'PUT 0', `PUT ${PIECE_BYTES}`, `PUT ${2 * PIECE_BYTES}`]);
  expect(progress).toEqual([0, PIECE_BYTES, 2 * PIECE_BYTES, hub.bytes]);
});

test('after a cut it goes on where the hub is', async () => {
  const hub = new Hub(2 * PIECE_BYTES);
  vi.stubGlobal('fetch', hub.fetch);
  let cuts = 2;
  hub.fail = (method, offset) =>
    method === 'PUT' && offset === PIECE_BYTES && cuts-- > 0 ? new TypeError('cut') : undefined;
  await upload(chosen(hub.bytes), { pause: at_once });
  expect(hub.received).toBe(hub.bytes);
  expect(hub.calls.filter((call) => call === 'PUT 0')).toHaveLength(1);
});

test('an answer that was lost is found out', async () => {
  const hub = new Hub(PIECE_BYTES + 1);
  vi.stubGlobal('fetch', hub.fetch);
  hub.fail = (method, offset) => {
    if (method !== 'PUT' || offset !== 0 || hub.received > 0) return undefined;
    hub.received = PIECE_BYTES;
    return new TypeError('lost');
  };
  await upload(chosen(hub.bytes), { pause: at_once });
  expect(hub.received).toBe(hub.bytes);
});

test('what is no picture is not tried again', async () => {
  const hub = new Hub(10);
  vi.stubGlobal('fetch', hub.fetch);
  const problem = { type: '/problems/invalid', status: 422, title: '', detail: 'This is not a picture' };
  hub.fail = (method) =>
    method === 'PUT' ? new Response(JSON.stringify(problem), { status: 422 }) : undefined;
  await expect(upload(chosen(10), { pause: at_once })).rejects.toThrow('This is not a picture');
  expect(hub.calls).toEqual(['POST', 'PUT 0']);
});

test('a line that stays dead is given up, and said so', async () => {
  const hub = new Hub(10);
  vi.stubGlobal('fetch', hub.fetch);
  hub.fail = () => new TypeError('dead');
  await expect(upload(chosen(10), { pause: at_once })).rejects.toMatchObject({ status: 0 });
  expect(hub.calls.length).toBe(5);
});
