/// The same thing done to many rows of a list: several at a time, with progress, and what was refused said row by row.
import { SvelteSet } from 'svelte/reactivity';
import { words } from '../lib/problem';
import type { Id } from '../lib/protocol';
import { toasts } from '../lib/toasts.svelte';
import { b } from './bulk-words';

/** Requests on their way at once. */
const AT_ONCE = 6;

export interface BulkRow {
  id: Id;
  name: string;
}

export class Bulk {
  readonly chosen = new SvelteSet<Id>();
  /** How far it is, while it works. */
  done = $state(0);
  total = $state(0);
  refused = $state.raw<{ name: string; why: string }[]>([]);

  get busy(): boolean {
    return this.total > 0;
  }

  choose(ids: Iterable<Id>, on: boolean): void {
    for (const id of ids) {
      if (on) this.chosen.add(id);
      else this.chosen.delete(id);
    }
  }

  clear(): void {
    this.chosen.clear();
    this.refused = [];
  }

  /** Does it to each. Rows that were refused stay chosen, with why; the others are done. */
  async run<T extends BulkRow>(rows: T[], work: (row: T) => Promise<unknown>, said: string): Promise<void> {
    if (this.busy || rows.length === 0) return;
    this.done = 0;
    this.total = rows.length;
    const refused: { name: string; why: string }[] = [];
    const waiting = [...rows];
    const worker = async () => {
      for (let row = waiting.shift(); row; row = waiting.shift()) {
        try {
          await work(row);
          this.chosen.delete(row.id);
        } catch (error) {
          refused.push({ name: row.name, why: words(error) });
        }
        this.done += 1;
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    this.refused = refused;
    this.total = 0;
    const done = rows.length - refused.length;
    toasts.say(b.done(said, done, refused.length), refused.length > 0 ? { tone: 'error' } : {});
  }
}
