/// A group of settings as its page edits it: what the hub holds, what was typed, what is wrong with it, and who was faster.
import { Problem } from '../../lib/problem';
import { differs, merge } from './merge';

interface Versioned {
  version: string;
}

export class Section<T extends Versioned> {
  /** What the hub holds, as far as known here. */
  saved = $state.raw<T>();
  /** What the page shows. Kept while other pages are open: nothing typed is lost. */
  draft = $state<T>();
  problem = $state.raw<Problem>();
  busy = $state(false);
  /** Members that somebody else changed while this was open, after a save that came too late. */
  theirs = $state.raw<string[]>([]);

  #read: () => Promise<T>;
  #write: (draft: T) => Promise<T>;
  #saved: ((now: T) => void) | undefined;

  constructor(read: () => Promise<T>, write: (draft: T) => Promise<T>, saved?: (now: T) => void) {
    this.#read = read;
    this.#write = write;
    this.#saved = saved;
    void this.load();
  }

  get dirty(): boolean {
    return this.saved !== undefined && differs(this.saved, $state.snapshot(this.draft) as T);
  }

  /** What is wrong, by the hub's pointer. */
  get errors(): Map<string, string> {
    return this.problem?.errors ?? new Map<string, string>();
  }

  /** What is wrong at a member or anywhere below it. */
  errorAt(pointer: string): string | undefined {
    for (const [at, detail] of this.errors) if (at === pointer || at.startsWith(`${pointer}/`)) return detail;
    return undefined;
  }

  async load(): Promise<void> {
    this.problem = undefined;
    try {
      const now = await this.#read();
      if (!this.dirty) this.#take(now);
    } catch (error) {
      this.problem = error instanceof Problem ? error : new Problem(500, 'internal');
    }
  }

  /** Whether it was saved. */
  async save(): Promise<boolean> {
    if (!this.draft || this.busy) return false;
    this.busy = true;
    this.problem = undefined;
    this.theirs = [];
    try {
      const now = await this.#write($state.snapshot(this.draft) as T);
      this.#take(now);
      this.#saved?.(now);
      return true;
    } catch (error) {
      const problem = error instanceof Problem ? error : new Problem(500, 'internal');
      if (problem.name === 'conflict') await this.#meet(problem);
      else this.problem = problem;
      return false;
    } finally {
      this.busy = false;
    }
  }

  discard(): void {
    this.problem = undefined;
    this.theirs = [];
    if (this.saved) this.draft = structuredClone(this.saved);
  }

  /** Somebody else was faster: theirs is taken in where nothing was typed here, and what was typed stays to be saved anew. */
  async #meet(problem: Problem): Promise<void> {
    try {
      const now = await this.#read();
      const { merged, changed } = merge(this.saved!, $state.snapshot(this.draft) as T, now);
      this.saved = now;
      this.draft = merged;
      this.theirs = changed;
      this.problem = problem;
    } catch {
      this.problem = problem;
    }
  }

  #take(now: T): void {
    this.saved = now;
    this.draft = structuredClone(now);
  }
}
