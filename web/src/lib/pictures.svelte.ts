/// Pictures on their way to the hub. What was chosen is kept on the device until the hub has it, so that a reload costs nothing.
import { SvelteMap } from 'svelte/reactivity';
import { fileTexts } from './file-messages';
import { newKey } from './http';
import { words } from './problem';
import type { Id } from './protocol';
import { PICTURE_BYTES, PICTURE_TYPES, upload, type Chosen } from './upload';

/** How far one picture is. One that is not here was sent before. */
export interface Progress {
  name: string;
  /** Shown until the hub has its own. */
  preview: string;
  /** 0 to 1. */
  sent: number;
  /** Why it does not go on. */
  failure: string;
}

class Pictures {
  readonly underway = new SvelteMap<Id, Progress>();
  #chosen = new Map<Id, Chosen>();

  /** Whether any of these is not with the hub yet. */
  pending(ids: Iterable<Id>): boolean {
    return [...ids].some((id) => this.underway.has(id));
  }

  /** Takes a picture and begins to send it; says its id, or why not. */
  add(content: Blob, name: string): { id: Id } | { failure: string } {
    if (!PICTURE_TYPES.includes(content.type)) return { failure: fileTexts.not_a_picture(name) };
    if (content.size > PICTURE_BYTES) return { failure: fileTexts.too_large(name) };
    const chosen = { id: newKey(), name, type: content.type, content };
    void keep(chosen);
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

  /** The picture is not wanted any more. */
  forget(id: Id): void {
    this.#done(id);
  }

  #send(chosen: Chosen): void {
    const { id, name, content } = chosen;
    const preview = this.underway.get(id)?.preview ?? URL.createObjectURL(content);
    this.#chosen.set(id, chosen);
    this.underway.set(id, { name, preview, sent: 0, failure: '' });
    const onprogress = (sent: number) => this.#set(id, { sent: sent / content.size });
    upload(chosen, { onprogress }).then(
      () => this.#done(id),
      (error: unknown) => this.#set(id, { failure: words(error) }),
    );
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
