/// What the app keeps on the phone (IndexedDB): jobs for an offline start, actions and positions until the hub has them.
/// One database per worker, so that nobody sends another's work.
import type { Id, FixTuple } from '../lib/protocol';
import type { Entry } from './outbox';

const VERSION = 1;
type Store = 'kept' | 'outbox' | 'fixes';

export class Database {
  #database: Promise<IDBDatabase>;

  constructor(worker: Id) {
    this.#database = new Promise((resolve, reject) => {
      const opening = indexedDB.open(`dispatch-hub-worker/${worker}`, VERSION);
      opening.onupgradeneeded = () => {
        opening.result.createObjectStore('kept');
        opening.result.createObjectStore('outbox', { keyPath: 'seq', autoIncrement: true });
        opening.result.createObjectStore('fixes', { autoIncrement: true });
      };
      opening.onsuccess = () => resolve(opening.result);
      opening.onerror = () => reject(opening.error);
    });
    // The phone may throw away what is not marked as wanted.
    void navigator.storage?.persist?.();
  }

  keep(name: string, value: unknown): Promise<unknown> {
    return this.#run('kept', 'readwrite', (store) => store.put(value, name));
  }

  kept<T>(name: string): Promise<T | undefined> {
    return this.#run('kept', 'readonly', (store) => store.get(name) as IDBRequest<T | undefined>);
  }

  entries(): Promise<Entry[]> {
    return this.#run('outbox', 'readonly', (store) => store.getAll() as IDBRequest<Entry[]>);
  }

  /** Resolves, with its place in the order, once the entry would survive a crash. */
  async addEntry(entry: Omit<Entry, 'seq'>): Promise<Entry> {
    const seq = (await this.#run('outbox', 'readwrite', (store) => store.add(entry))) as number;
    return { ...entry, seq };
  }

  dropEntry(seq: number): Promise<unknown> {
    return this.#run('outbox', 'readwrite', (store) => store.delete(seq));
  }

  addFix(fix: FixTuple): Promise<unknown> {
    return this.#run('fixes', 'readwrite', (store) => store.add(fix));
  }

  countFixes(): Promise<number> {
    return this.#run('fixes', 'readonly', (store) => store.count());
  }

  /** The oldest fixes after a key, with the key of the last one. */
  async fixesAfter(key: number, most: number): Promise<{ fixes: FixTuple[]; last: number }> {
    const range = IDBKeyRange.lowerBound(key, true);
    const database = await this.#database;
    const store = database.transaction('fixes').objectStore('fixes');
    const [keys, fixes] = await Promise.all([
      settled(store.getAllKeys(range, most)),
      settled(store.getAll(range, most) as IDBRequest<FixTuple[]>),
    ]);
    return { fixes, last: (keys.at(-1) as number | undefined) ?? key };
  }

  /** Forgets the fixes up to and with a key: the hub has them. */
  dropFixes(upTo: number): Promise<unknown> {
    return this.#run('fixes', 'readwrite', (store) => store.delete(IDBKeyRange.upperBound(upTo)));
  }

  async #run<T>(
    name: Store,
    mode: IDBTransactionMode,
    ask: (store: IDBObjectStore) => IDBRequest<T>,
  ): Promise<T> {
    const transaction = (await this.#database).transaction(name, mode);
    const result = await settled(ask(transaction.objectStore(name)));
    if (mode === 'readwrite') await complete(transaction);
    return result;
  }
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function complete(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
  });
}
