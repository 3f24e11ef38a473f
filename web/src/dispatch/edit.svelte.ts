/// What is being typed into one job, kept apart from the live job until it is saved. Nothing typed is overwritten by what
/// comes in: a member that changed meanwhile shows both values until somebody decides.
import { SvelteMap } from 'svelte/reactivity';
import { api } from '../lib/api';
import { Problem, words } from '../lib/problem';
import type { Id, Job } from '../lib/protocol';
import { toasts } from '../lib/toasts.svelte';
import type { Desk } from './desk.svelte';
import { bodyOf, collides, differs, pathOf, valueAt, type Path, type Typed, type Value } from './edit';
import { t } from './messages';

export class JobEdit {
  readonly typed = new SvelteMap<Path, Typed>();
  saving = $state(false);
  errors = $state.raw<ReadonlyMap<Path, string>>(new Map());
  /** A refusal that points at no input. */
  refusal = $state('');
  #desk: Desk;

  private constructor(desk: Desk) {
    this.#desk = desk;
  }

  /** The edit of a job: the one that was left open, or a new one. */
  static of(desk: Desk, job: Id): JobEdit {
    let edit = desk.edits.get(job);
    if (!edit) desk.edits.set(job, (edit = new JobEdit(desk)));
    return edit;
  }

  value(job: Job, path: Path): Value {
    const typed = this.typed.get(path);
    return typed ? typed.value : valueAt(job, path);
  }

  set(job: Job, path: Path, value: Value): void {
    const seen = this.typed.get(path)?.seen ?? valueAt(job, path);
    const typed = { value, seen };
    if (differs(job, path, typed) || collides(job, path, typed)) this.typed.set(path, typed);
    else this.typed.delete(path);
    if (this.errors.has(path)) this.errors = new Map([...this.errors].filter(([one]) => one !== path));
  }

  collides(job: Job, path: Path): boolean {
    return collides(job, path, this.typed.get(path));
  }

  /** How many members wait to be saved. */
  count(job: Job): number {
    return [...this.typed].filter(([path, typed]) => differs(job, path, typed)).length;
  }

  undecided(job: Job): boolean {
    return [...this.typed.keys()].some((path) => this.collides(job, path));
  }

  takeTheirs(path: Path): void {
    this.typed.delete(path);
  }

  keepMine(job: Job, path: Path): void {
    const typed = this.typed.get(path);
    if (typed) this.typed.set(path, { ...typed, seen: valueAt(job, path) });
  }

  drop(paths?: Path[]): void {
    if (paths) for (const path of paths) this.typed.delete(path);
    else this.typed.clear();
    this.errors = new Map();
    this.refusal = '';
  }

  async save(job: Job): Promise<void> {
    this.saving = true;
    this.errors = new Map();
    this.refusal = '';
    const sent = bodyOf(job, this.typed);
    const paths = [...this.typed.keys()];
    try {
      this.#desk.schedule.learn(await api.editJob(job.id, sent));
      this.drop(paths);
      toasts.say(t.did.saved(job.number));
    } catch (error) {
      await this.#refused(job, sent, error);
    } finally {
      this.saving = false;
    }
  }

  async #refused(job: Job, sent: ReturnType<typeof bodyOf>, error: unknown): Promise<void> {
    if (error instanceof Problem && error.name === 'conflict') {
      // The other change may not have been heard of yet; with it the marks appear.
      const theirs = await api.job(job.id).catch(() => undefined);
      if (theirs) this.#desk.schedule.learn(theirs);
      this.refusal = t.edit.conflict;
      return;
    }
    if (error instanceof Problem && error.errors.size > 0) {
      this.errors = new Map([...error.errors].map(([pointer, detail]) => [pathOf(pointer, sent), detail]));
      const unseen = [...this.errors].find(([path]) => !this.typed.has(path) && !path.startsWith('contact'));
      this.refusal = unseen ? `${unseen[0]}: ${unseen[1]}` : t.edit.look;
      return;
    }
    this.refusal = words(error);
  }
}
