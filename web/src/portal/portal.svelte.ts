/// The open portal of one logged-in customer: the connection, the live topic and what came in during this visit.
import { SvelteMap, SvelteSet } from 'svelte/reactivity';
import { Clock } from '../lib/clock.svelte';
import { Formatter } from '../lib/format';
import { Hub, socketUrl } from '../lib/hub';
import { LiveConnection, LiveTopic } from '../lib/live.svelte';
import type { MapWorker } from '../lib/map/pins';
import type { Caller, Id, Job, JobEvent, Permissions, RemovalReason, Template } from '../lib/protocol';
import { api } from '../lib/api';
import { previewedAs } from '../lib/preview';
import { isLoggedOut } from '../lib/session';
import type { Route } from '../lib/route.svelte';
import type { Change } from '../lib/topic';
import { words } from './messages';

/** Histories keep this many live lines per job; older ones come with the next look at the job. */
const MOST_EVENTS = 100;

export class Portal {
  readonly slug: string;
  /** Who, with what they may do now. */
  caller = $state.raw<Caller>()!;
  /** How often that has changed during this visit. */
  rights = $state(0);
  readonly route: Route;
  readonly format: Formatter;
  readonly clock: Clock;
  readonly live: LiveTopic;
  readonly connection: LiveConnection;
  /** Events of this visit, by job. */
  readonly events = new SvelteMap<Id, JobEvent[]>();
  /** Jobs that left this caller's sight during this visit, and why. */
  readonly gone = new SvelteMap<Id, RemovalReason>();
  /** The newest change in words, for those who listen to the page. */
  news = $state('');
  /** Jobs that arrived during this visit; they glow once. */
  readonly fresh = new SvelteSet<Id>();
  /** The version of jobs that changed during this visit; each glows once more. */
  readonly touched = new SvelteMap<Id, number>();

  #hub: Hub;
  #templates: Promise<Template[]> | undefined;

  constructor(slug: string, caller: Caller, route: Route, onended: () => void) {
    this.slug = slug;
    this.caller = caller;
    this.route = route;
    this.format = new Formatter(caller.tenant.time_zone);
    this.#hub = new Hub({ url: socketUrl(location) });
    this.clock = new Clock(this.#hub);
    this.live = new LiveTopic(this.#hub, 'portal', {
      onChange: (change, event) => this.#tell(change, event),
    });
    this.connection = new LiveConnection(this.#hub);
    this.#hub.watch((connection) => {
      if (connection.state === 'ended' && connection.code >= 4500) onended();
      if (connection.state === 'offline') void isLoggedOut().then((out) => out && onended());
    });
    this.#hub.listen((message) => {
      if (message.t === 'snapshot' && message.caller) this.#settle(message.caller, message.jobs);
    });
    if (previewedAs) void this.#look();
    else this.#hub.open();
  }

  /** What may be done has changed: lists are asked for anew, and what came back into sight is here again. */
  #settle(caller: Caller, jobs: Job[]): void {
    this.caller = caller;
    this.rights += 1;
    this.#templates = undefined;
    for (const { id } of jobs) if (this.gone.get(id) === 'not_permitted') this.gone.delete(id);
  }

  /** A preview has no socket: what is there now is all that it shows. */
  async #look(): Promise<void> {
    const { items } = await api.jobs({ limit: 200 }).catch(() => ({ items: [] }));
    for (const job of items) this.learn(job);
  }

  close(): void {
    this.#hub.close();
  }

  /** Whether a permission holds for at least one customer. */
  may(permission: Exclude<keyof Permissions, 'templates'>): boolean {
    return this.caller.customers.some(({ permissions }) => permissions[permission]);
  }

  /** The job types that may be ordered; asked for once per visit. */
  templates(): Promise<Template[]> {
    this.#templates ??= api.templates().then(
      ({ items }) => items.filter((template) => !template.archived),
      (error: unknown) => {
        this.#templates = undefined;
        throw error;
      },
    );
    return this.#templates;
  }

  /** Customers for whom a job of this template may be ordered. */
  customersFor(template: Id): Caller['customers'] {
    return this.caller.customers.filter(
      ({ permissions }) => permissions.create && (permissions.templates?.includes(template) ?? true),
    );
  }

  /** The worker of a job, while the hub shows where they are. */
  workerOf(job: Job): MapWorker | undefined {
    const current = job.en_route || (job.status === 'started' && !job.paused);
    const position = current && job.worker ? this.live.positions.get(job.worker.id) : undefined;
    return position && job.worker ? { ...position, name: job.worker.name } : undefined;
  }

  /** How a job's line draws the eye: when it arrives, and again at each change; two names, so that the glow starts anew. */
  glow(id: Id): string | false {
    const version = this.touched.get(id);
    if (version !== undefined) return version % 2 === 0 ? 'glow-even' : 'glow-odd';
    return this.fresh.has(id) && 'arrive';
  }

  /** What the answer to a request already tells; the event may follow. */
  learn(job: Job): void {
    this.live.learn(job);
  }

  /** A job that this caller has just deleted. */
  forget(id: Id): void {
    this.gone.set(id, 'deleted');
    this.live.jobs.delete(id);
  }

  #tell(change: Change, event: JobEvent): void {
    if (change.is === 'nothing' && event.job === null) return;
    if (change.is === 'removed') this.gone.set(change.id, event.reason as RemovalReason);
    else this.gone.delete(event.job_id);
    if (change.is === 'added') this.fresh.add(event.job_id);
    if (change.is === 'changed') this.touched.set(event.job_id, change.job.version);
    const held = this.events.get(event.job_id) ?? [];
    if (!held.some(({ seq }) => seq === event.seq)) {
      this.events.set(event.job_id, [...held, event].slice(-MOST_EVENTS));
    }
    const number = event.job?.number ?? (change.is === 'removed' ? change.before?.number : undefined);
    const what = (words.history as Partial<Record<JobEvent['kind'], string>>)[event.kind];
    if (number && what) this.news = words.news(number, what);
  }
}
