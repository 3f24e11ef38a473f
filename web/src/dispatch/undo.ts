/// What this dispatcher can take back, newest first. Each way back names the version that it takes back, so the hub refuses
/// it once somebody else has changed the job.
import type { Command, Id, Job } from '../lib/protocol';

export interface Undo {
  job: Job;
  command: Command;
  /** The job's version before the change … */
  from: number;
  /** … and after it. */
  version: number;
}

const MOST = 50;

export class UndoStack {
  #list: Undo[] = [];

  push(undo: Undo): void {
    this.#list = [...this.#list.slice(1 - MOST), undo];
  }

  get last(): Undo | undefined {
    return this.#list.at(-1);
  }

  take(undo: Undo): void {
    this.#list = this.#list.filter((one) => one !== undo);
  }

  /** Taking a change back made a new version that looks like the one before it: what stands below goes on from there. */
  rebase(undone: Undo, version: number): void {
    this.#list = this.#list.map((one) =>
      one.job.id === undone.job.id && one.version === undone.from ? { ...one, version } : one,
    );
  }

  forget(job: Id): void {
    this.#list = this.#list.filter((one) => one.job.id !== job);
  }
}
