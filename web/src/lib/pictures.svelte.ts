/// Pictures on their way to the hub. What was chosen is kept on the device until the hub has it, so that a reload costs nothing.
import { SvelteMap } from 'svelte/reactivity';
import { fileTexts } from './file-messages';
import { newKey } from './http';
import { Problem, words } from './problem';
import type { Id } from './protocol';
import { scaled } from './scale';
import { PICTURE_BYTES, PICTURE_TYPES, upload, type Chosen } from './upload';

/** After the network was missing. */
const AGAIN_MS = 15_000;

/** How far one picture is. One that is not here was sent before. */
export interface Progress {
  name: string;
  /** Shown until the hub has its own. */
  preview: string;
  /** 0 to 1. */
  sent: number;
  /** Why it does not go on. */
  failure: string;
  /** There is no network; it goes on by itself. */
  waiting: boolean;
}

class Pictures {
  readonly underway = new SvelteMap<Id, Progress>();
  #chosen = new Map<Id, Chosen>();
  #sending = new Map<Id, Promise<void>>();
  #again: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    addEventListener('online', () => this.#goOn());
  }

  /** Whether any of these is not with the hub yet. */
  pending(ids: Iterable<Id>): boolean {
    return [...ids].some((id) => this.underway.has(id));
  }

  /** Takes a picture, keeps it on the device and begins to send it; says its id, or why not. */
  async add(photo: Blob, name: string): Promise<{ id: Id } | { failure: string }> {
    if (!PICTURE_TYPES.includes(photo.type)) return { failure: fileTexts.not_a_picture(name) };
    const content = await scaled(photo);
    if (content.size > PICTURE_BYTES) return { failure: fileTexts.too_large(name) };
    const chosen = { id: newKey(), name, type: content.type, content };
    await keep(chosen);
    this.#send(chosen);
    return { id: chosen.id };
  }

  /** Goes on with what a reload interrupted. */
  async resume(ids: Id[]): Promise<void> {
    for (const id of ids) {
      if (this.underway.has(id)) continue;
      const chosen = await kept(id);
      if (chosen) this.#send(chosen);
    }
  }

  retry(id: Id): void {
    const chosen = this.#chosen.get(id);
    if (chosen) this.#send(chosen);
  }

  /** Resolves once the hub has all of these; rejects with why one of them cannot be sent, or not now. */
  async delivered(ids: Id[]): Promise<void> {
    await this.resume(ids);
    for (const id of ids) {
      if (this.underway.get(id)?.waiting) this.retry(id);
      await this.#sending.get(id);
    }
  }

  /** The picture is not wanted any more. */
  forget(id: Id): void {
    this.#done(id);
  }

  #send(chosen: Chosen): void {
    const { id, name, content } = chosen;
    const preview = this.underway.get(id)?.preview ?? URL.createObjectURL(content);
    this.#chosen.set(id, chosen);
    this.underway.set(id, { name, preview, sent: 0, failure: '', waiting: false });
    const onprogress = (sent: number) => this.#set(id, { sent: sent / content.size });
    const sending = upload(chosen, { onprogress });
    this.#sending.set(id, sending);
    sending.then(
      () => this.#done(id),
      (error: unknown) => {
        const waiting = error instanceof Problem && error.status === 0;
        this.#set(id, waiting ? { waiting } : { failure: words(error) });
        if (waiting) this.#again ??= setTimeout(() => this.#goOn(), AGAIN_MS);
      },
    );
  }

  /** There may be a network again. */
  #goOn(): void {
    clearTimeout(this.#again);
    this.#again = undefined;
    for (const [id, { waiting }] of this.underway) if (waiting) this.retry(id);
  }

  #set(id: Id, change: Partial<Progress>): void {
    const before = this.underway.get(id);
    if (before) this.underway.set(id, { ...before, ...change });
  }

  #done(id: Id): void {
    const preview = this.underway.get(id)?.preview;
    if (preview) URL.revokeObjectURL(preview);
    this.underway.delete(id);
    this.#chosen.delete(id);
    this.#sending.delete(id);
    void drop(id);
  }
}

export const pictures = new Pictures();

const STORE = 'chosen';

let opening: Promise<IDBDatabase> | undefined;

function database(): Promise<IDBDatabase> {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open('dispatch-hub-pictures', 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: 'id' });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opening;
}

async function run<T>(
  mode: IDBTransactionMode,
  act: (store: IDBObjectStore) => IDBRequest<T>,
): Promise<T | undefined> {
  try {
    const transaction = (await database()).transaction(STORE, mode);
    const request = act(transaction.objectStore(STORE));
    return await new Promise((resolve) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => resolve(undefined);
    });
  } catch {
    // A private window keeps nothing; then a reload costs the pictures that were not sent yet.
    return undefined;
  }
}

const keep = (chosen: Chosen) => run('readwrite', (store) => store.put(chosen));
const kept = (id: Id) => run<Chosen | undefined>('readonly', (store) => store.get(id));
const drop = (id: Id) => run('readwrite', (store) => store.delete(id));
