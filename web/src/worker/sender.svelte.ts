/// The outbox at work: keeps every action on the phone first, then sends them one by one, in order, each once.
import { api } from '../lib/api';
import type { Hub } from '../lib/hub';
import { newKey } from '../lib/http';
import { pictures } from '../lib/pictures.svelte';
import { Problem } from '../lib/problem';
import type { Id, Instant, Job, ProblemBody } from '../lib/protocol';
import type { Database } from './database';
import { fallsWith, picturesIn, type Act, type Entry } from './outbox';

/** Before asking a busy hub again. */
const BUSY_PAUSE_MS = 2_000;

export interface Refused {
  entry: Entry;
  problem: Problem;
}

/** As it is kept on the phone. */
interface KeptRefusal {
  entry: Entry;
  body: ProblemBody;
}

export interface Listener {
  /** The answer to an action may overtake its event. */
  learn: (job: Job) => void;
  /** What was typed for actions that were refused. */
  giveBack: (lost: Entry[]) => void;
}

export class Sender {
  entries = $state.raw<Entry[]>([]);
  /** The last refusal of each job, until the worker has read it. */
  refusals = $state.raw(new Map<Id, Refused>());

  #hub: Hub;
  #database: Database;
  #tell: Listener;
  #sending: number | undefined;

  constructor(hub: Hub, database: Database, tell: Listener) {
    this.#hub = hub;
    this.#database = database;
    this.#tell = tell;
    hub.watch(({ state }) => state === 'live' && void this.#send());
  }

  /** Takes up what an earlier visit has left. */
  async load(): Promise<void> {
    this.entries = await this.#database.entries();
    const kept = (await this.#database.kept<KeptRefusal[]>('refusals')) ?? [];
    this.refusals = new Map(
      kept.map(({ entry, body }) => [entry.job, { entry, problem: Problem.from(body) }]),
    );
    void this.#send();
  }

  /** Resolves once the action is kept on the phone. */
  async add(job: Job, act: Act, at: Instant = this.#hub.now()): Promise<Entry> {
    this.dismiss(job.id);
    const entry = await this.#database.addEntry({ id: newKey(), job: job.id, number: job.number, act, at });
    this.entries = [...this.entries, entry];
    void this.#send();
    return entry;
  }

  /** Takes an action back that has not left the phone; false if it is under way or gone. */
  async takeBack(seq: number): Promise<boolean> {
    if (seq === this.#sending || !this.entries.some((entry) => entry.seq === seq)) return false;
    await this.#drop([seq]);
    return true;
  }

  dismiss(job: Id): void {
    if (!this.refusals.has(job)) return;
    void this.#keepRefusals(new Map([...this.refusals].filter(([id]) => id !== job)));
  }

  /** A refusal that nobody has read yet is there again after the app was closed. */
  async #keepRefusals(refusals: Map<Id, Refused>): Promise<void> {
    this.refusals = refusals;
    const kept = [...refusals.values()].map(({ entry, problem }): KeptRefusal => {
      const { status, name, message: detail, body } = problem;
      return { entry, body: body ?? { type: `/problems/${name}`, title: detail, status, detail } };
    });
    await this.#database.keep('refusals', kept);
  }

  async #send(): Promise<void> {
    if (this.#sending !== undefined) return;
    for (
      let entry = this.entries[0];
      entry && this.#hub.connection.state === 'live';
      entry = this.entries[0]
    ) {
      this.#sending = entry.seq;
      try {
        const job = await this.#ask(entry);
        if (job) this.#tell.learn(job);
        await this.#drop([entry.seq]);
      } catch (error) {
        const problem = error instanceof Problem ? error : new Problem(500, 'internal');
        if (problem.passing) {
          setTimeout(() => void this.#send(), BUSY_PAUSE_MS);
          break;
        }
        const lost = fallsWith(entry, this.entries);
        this.#tell.giveBack(lost);
        await this.#keepRefusals(new Map(this.refusals).set(entry.job, { entry, problem }));
        await this.#drop(lost.map(({ seq }) => seq));
      } finally {
        this.#sending = undefined;
      }
    }
  }

  async #ask({ id, job, act, at }: Entry): Promise<Job | null> {
    // The hub takes a field that names a picture only once it has the picture.
    if ('fields' in act && act.fields) await pictures.delivered(picturesIn(act.fields));
    if (act.do === 'edit') return api.editJob(job, { fields: act.fields }, id);
    return (await this.#hub.command(job, { ...act, at }, { id, patience_ms: Infinity })).job;
  }

  async #drop(seqs: number[]): Promise<void> {
    for (const seq of seqs) await this.#database.dropEntry(seq);
    this.entries = this.entries.filter(({ seq }) => !seqs.includes(seq));
  }
}
