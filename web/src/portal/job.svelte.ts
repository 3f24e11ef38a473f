/// One job as its page shows it: fetched once, then kept current by the portal's live topic alone.
import { api } from '../lib/api';
import { Problem } from '../lib/problem';
import type { Id, Job, JobEvent, RemovalReason } from '../lib/protocol';
import type { Portal } from './portal.svelte';

export class JobView {
  readonly id: Id;
  problem = $state.raw<Problem>();
  history = $state<'loading' | 'ready' | 'failed'>('loading');

  #portal: Portal;
  #fetched = $state.raw<Job>();
  #past = $state.raw<JobEvent[]>([]);

  constructor(portal: Portal, id: Id) {
    this.#portal = portal;
    this.id = id;
    void this.load();
    void this.loadHistory();
  }

  /** The newest version known; nothing once it is gone from this caller's sight. */
  get job(): Job | undefined {
    if (this.gone) return undefined;
    const live = this.#portal.live.jobs.get(this.id);
    const fetched = this.#fetched;
    if (!live || !fetched) return live ?? fetched;
    return live.version >= fetched.version ? live : fetched;
  }

  get gone(): RemovalReason | undefined {
    return this.#portal.gone.get(this.id);
  }

  get number(): string | undefined {
    return this.#fetched?.number;
  }

  /** What has happened, newest first. */
  get events(): JobEvent[] {
    const known = new Map(this.#past.map((event) => [event.seq, event]));
    for (const event of this.#portal.events.get(this.id) ?? []) known.set(event.seq, event);
    return [...known.values()].sort((one, other) => other.seq - one.seq);
  }

  async load(): Promise<void> {
    this.problem = undefined;
    try {
      this.#fetched = await api.job(this.id);
    } catch (error) {
      this.problem = error instanceof Problem ? error : new Problem(500, 'internal');
    }
  }

  async loadHistory(): Promise<void> {
    this.history = 'loading';
    try {
      this.#past = (await api.jobEvents(this.id)).items;
      this.history = 'ready';
    } catch {
      this.history = 'failed';
    }
  }
}
