/// Requests to the hub: JSON in and out, instants as milliseconds inside, refusals as `Problem`.
import { previewedAs } from './preview';
import { Problem } from './problem';
import type { ProblemBody } from './protocol';

/** The members that hold instants; on the wire they are RFC 3339 strings. */
const INSTANT = /^(at|start|end|.*_(at|start|end))$/;
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;

/** A parsed body with every instant as milliseconds. */
export function inward(value: unknown): unknown {
  return walk(value, (text) => (typeof text === 'string' && RFC_3339.test(text) ? Date.parse(text) : text));
}

/** A body to send with every instant as RFC 3339. */
export function outward(value: unknown): unknown {
  return walk(value, (ms) => (typeof ms === 'number' ? new Date(ms).toISOString() : ms));
}

function walk(value: unknown, convert: (leaf: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => walk(item, convert));
  if (typeof value !== 'object' || value === null) return value;
  const result: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) {
    // `fields: {key: value}` is named by the template's author; nothing in it is ours to convert.
    if (key === 'fields' && !Array.isArray(member)) result[key] = member;
    else if (typeof member !== 'object' && INSTANT.test(key)) result[key] = convert(member);
    else result[key] = walk(member, convert);
  }
  return result;
}

export interface Request {
  body?: unknown;
  /** A CSV body instead. */
  table?: string;
  /** Makes a retry harmless: the hub changes the world once per key. */
  key?: string;
  query?: Record<string, string | number | boolean | string[] | null | undefined>;
  token?: string;
  signal?: AbortSignal;
}

/** A fresh idempotency key. */
export function newKey(): string {
  // randomUUID needs a secure context; a hub on a bare http address in the office is not one.
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return [8, 12, 16, 20].reduceRight((text, at) => `${text.slice(0, at)}-${text.slice(at)}`, hex);
}

/** One request; resolves with the answer's body, rejects with a `Problem`. */
export async function request<T>(method: string, path: string, options: Request = {}): Promise<T> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (options.body !== undefined) headers['content-type'] = 'application/json';
  if (options.table !== undefined) headers['content-type'] = 'text/csv; charset=utf-8';
  if (options.key) headers['idempotency-key'] = options.key;
  if (previewedAs) {
    if (method !== 'GET') throw Problem.previewed();
    headers['hub-preview'] = previewedAs;
  }
  if (options.token) headers.authorization = `Bearer ${options.token}`;
  let response: Response;
  try {
    response = await fetch(path + query(options.query), {
      method,
      headers,
      body: options.table ?? (options.body === undefined ? undefined : JSON.stringify(outward(options.body))),
      signal: options.signal,
      credentials: 'same-origin',
    });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw Problem.offline();
  }
  if (!response.ok) throw await problemOf(response);
  if (response.status === 204) return undefined as T;
  const text = await response.text();
  return (text === '' ? undefined : inward(JSON.parse(text))) as T;
}

function query(members: Request['query'] = {}): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(members)) {
    if (value === null || value === undefined || value === '') continue;
    const list = Array.isArray(value) ? value : [value];
    for (const item of list) {
      search.append(key, INSTANT_QUERY.has(key) && typeof item === 'number' ? iso(item) : String(item));
    }
  }
  const text = search.toString();
  return text && `?${text}`;
}

const INSTANT_QUERY = new Set(['from', 'to']);
const iso = (ms: number) => new Date(ms).toISOString();

async function problemOf(response: Response): Promise<Problem> {
  try {
    const body = (await response.json()) as ProblemBody;
    if (typeof body.type === 'string') return Problem.from(body);
  } catch {
    // A proxy's page, or nothing: the status alone has to do.
  }
  return new Problem(response.status, response.status === 503 ? 'busy' : 'internal');
}
