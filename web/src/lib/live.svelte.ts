/// What a page knows of its topics, kept current by the socket alone and readable by components.
import { SvelteMap } from 'svelte/reactivity';
import type { Connection, Hub, SubscribeOptions, Viewport } from './hub';
import {
  position,
  type EtaMessage,
  type EventMessage,
  type HubMessage,
  type Id,
  type Job,
  type Message,
  type Position,
  type PresenceMessage,
  type ScheduleWorker,
  type Topic,
} from './protocol';
import { applyEvent, applyJob, applySnapshot, emptyTopic, type Change, type TopicState } from './topic';

const DUTY_PAUSE_MS = 100;

/** One topic: its jobs, workers, positions and estimates. */
export class LiveTopic {
  readonly topic: Topic;
  readonly jobs = new SvelteMap<Id, Job>();
  readonly workers = new SvelteMap<Id, ScheduleWorker>();
  /** Of the workers: what depends on names alone is not made anew with every state. */
  readonly names = new SvelteMap<Id, string>();
  readonly positions = new SvelteMap<Id, Position>();
  readonly etas = new SvelteMap<Id, EtaMessage>();
  presence = $state.raw<PresenceMessage['dispatchers']>([]);
  /** Days on which the company is closed, "2026-12-25" (topic `schedule`). */
  holidays = $state.raw<ReadonlySet<string>>(new Set());
  /** Hexagons of a zoomed-out map, by H3 index. */
  readonly cells = new SvelteMap<string, { workers: number; open_jobs: number }>();
  /** True once the first snapshot is whole. */
  ready = $state(false);

  #hub: Hub;
  #newView = true;
  #duties = new Map<Id, Message<'worker'>>();
  #dutyTimer: ReturnType<typeof setTimeout> | undefined;
  /** Parts of rows that came so far. */
  #rows: ScheduleWorker[] = [];
  #state: TopicState = emptyTopic(this.jobs);
  #onChange: (change: Change, event: EventMessage) => void;
  #stop: () => void;

  constructor(
    hub: Hub,
    topic: Topic,
    options: SubscribeOptions & { onChange?: (change: Change, event: EventMessage) => void } = {},
  ) {
    const { onChange, ...subscribe } = options;
    this.#hub = hub;
    this.topic = topic;
    this.#onChange = onChange ?? (() => undefined);
    this.#stop = hub.listen((message) => this.#take(message));
    hub.subscribe(topic, subscribe);
  }

  /** The answer to a command may overtake its event. */
  learn(job: Job): void {
    applyJob(this.#state, job);
  }

  /** Asks for another range; what is shown stays until the answer is whole. */
  resubscribe(options: SubscribeOptions): void {
    this.#state.incoming = undefined;
    this.#hub.subscribe(this.topic, options);
  }

  /** Which part of the map is on screen (topic `map`). */
  look(viewport: Viewport): void {
    this.#newView = true;
    this.#hub.setViewport(viewport);
  }

  close(): void {
    clearTimeout(this.#dutyTimer);
    this.#stop();
    this.#hub.unsubscribe(this.topic);
  }

  #take(message: HubMessage): void {
    if ('topic' in message && message.topic !== this.topic) return;
    switch (message.t) {
      case 'welcome':
        // Parts of a snapshot that the cut left unfinished are sent anew.
        this.#state.incoming = undefined;
        this.#rows = [];
        if (this.topic === 'map') this.positions.clear();
        break;
      case 'snapshot':
        applySnapshot(this.#state, message);
        for (const worker of message.workers ?? []) this.#learnRow(worker);
        if (message.holidays) this.holidays = new Set(message.holidays);
        if (!message.more) this.ready = true;
        break;
      case 'event':
        // An arrival is of one way only: who sets off again is expected anew.
        if (!message.job?.en_route) this.etas.delete(message.job_id);
        this.#onChange(applyEvent(this.#state, message), message);
        break;
      case 'positions':
        for (const tuple of message.list) this.#place(position(tuple));
        for (const worker of message.gone ?? []) this.positions.delete(worker);
        if (this.topic === 'map' && message.list.length > 0) this.cells.clear();
        break;
      case 'cells':
        if (this.topic === 'map') this.#count(message.list);
        break;
      case 'eta':
        this.etas.set(message.job, message);
        break;
      case 'worker':
        if (this.topic === 'schedule') this.#dutySoon(message);
        break;
      case 'rows':
        if (this.topic === 'schedule') this.#row(message);
        break;
      case 'presence':
        if (this.topic === 'schedule') this.presence = message.dispatchers;
        break;
    }
  }

  /** The shown position never goes back in time. */
  #place(next: Position): void {
    const held = this.positions.get(next.worker);
    if (!held || next.at >= held.at) this.positions.set(next.worker, next);
  }

  /** After a change of view the first list is everything in it; later lists are changes. */
  #count(list: [cell: string, workers: number, open_jobs: number][]): void {
    if (this.#newView) this.cells.clear();
    this.#newView = false;
    this.positions.clear();
    for (const [cell, workers, open_jobs] of list) {
      if (workers + open_jobs === 0) this.cells.delete(cell);
      else this.cells.set(cell, { workers, open_jobs });
    }
  }

  #learnRow(row: ScheduleWorker): void {
    this.workers.set(row.id, row);
    this.names.set(row.id, row.name);
  }

  /** All rows anew, in parts; who is in none of them has left. What is known of their phones stays. */
  #row({ workers, holidays, more }: Message<'rows'>): void {
    this.#rows.push(...workers);
    if (more) return;
    const here = new Set(this.#rows.map(({ id }) => id));
    for (const id of [...this.workers.keys()]) {
      if (here.has(id)) continue;
      this.workers.delete(id);
      this.names.delete(id);
      this.#duties.delete(id);
    }
    for (const row of this.#rows) this.#learnRow({ ...this.workers.get(row.id), ...row });
    this.#rows = [];
    this.holidays = new Set(holidays);
  }

  /** Thousands of phones tell their state at once when a page opens: the page draws them together. */
  #dutySoon(message: Message<'worker'>): void {
    this.#duties.set(message.worker, message);
    this.#dutyTimer ??= setTimeout(() => {
      this.#dutyTimer = undefined;
      for (const { t: _, worker: id, ...rest } of this.#duties.values()) {
        this.workers.set(id, { hours: [], absences: [], ...this.workers.get(id), id, ...rest });
        if (this.names.get(id) !== rest.name) this.names.set(id, rest.name);
      }
      this.#duties.clear();
    }, DUTY_PAUSE_MS);
  }
}

/** The connection as components see it. */
export class LiveConnection {
  now = $state.raw<Connection>({ state: 'connecting' });

  constructor(hub: Hub) {
    hub.watch((connection) => (this.now = connection));
    const retry = () => hub.retryNow();
    addEventListener('online', retry);
    document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && retry());
  }
}
