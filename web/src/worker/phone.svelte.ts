/// The worker's phone: who is logged in, their jobs (also offline), what waits to be sent, duty and location.
import { untrack } from 'svelte';
import { api } from '../lib/api';
import { Clock } from '../lib/clock.svelte';
import { Formatter } from '../lib/format';
import { Hub, socketUrl } from '../lib/hub';
import { LiveConnection, LiveTopic } from '../lib/live.svelte';
import { words as problemWords } from '../lib/problem';
import type { Caller, Id, Job, RemovalReason, ScheduleWorker } from '../lib/protocol';
import { Route } from '../lib/route.svelte';
import { isLoggedOut } from '../lib/session';
import { toasts } from '../lib/toasts.svelte';
import { texts } from '../lib/messages';
import { Awake } from './awake.svelte';
import { Database } from './database';
import { giveBack } from './form.svelte';
import { words } from './messages';
import { expected, type Act, type Expected } from './outbox';
import { placeOf } from './place';
import { Sender } from './sender.svelte';
import { currentOf, follow, type Window } from './shared';
import { Tracking } from './tracking.svelte';

/** A worker may take a step back for this long. */
export const UNDO_MS = 10_000;
const SAVE_AFTER_MS = 400;

export class Phone {
  readonly caller: Caller;
  readonly route = new Route('/worker');
  readonly format: Formatter;
  readonly clock: Clock;
  readonly live: LiveTopic;
  readonly connection: LiveConnection;
  readonly sender: Sender;
  readonly tracking: Tracking;
  readonly awake = new Awake();
  /** True once there is something to show: the hub's list, or the one kept on the phone. */
  ready = $state(false);
  onDuty = $state(false);
  /** The step that can still be undone. */
  undoable = $state.raw<{ job: Id; seq: number; at: number }>();
  news = $state('');
  /** The hub's key, if notifications could be switched on here and nobody has decided on it. */
  notifiable = $state<string>();
  /** Who could see where this worker was, and when. */
  windows = $state.raw<Window[]>([]);
  /** The company's reasons for declining; without a network, the ones learned last. */
  reasons = $state.raw<string[]>(words.decline.reasons);

  #hub: Hub;
  #database: Database;
  #row = $state.raw<ScheduleWorker>();
  /** Went off duty while the hub could not be told. */
  #untoldOff = false;
  #unfollow: (() => void) | undefined;
  #saving: ReturnType<typeof setTimeout> | undefined;

  constructor(caller: Caller, onended: () => void) {
    this.caller = caller;
    this.format = new Formatter(caller.tenant.time_zone);
    this.#database = new Database(caller.id);
    this.#hub = new Hub({ url: socketUrl(location) });
    this.clock = new Clock(this.#hub);
    this.live = new LiveTopic(this.#hub, 'worker', {
      onChange: (change, event) => {
        if (change.is === 'removed' && change.before) this.#tellGone(change.before, event.reason);
        if (change.is === 'added') this.news = `${change.job.number}: ${texts.events[event.kind]}`;
      },
    });
    this.connection = new LiveConnection(this.#hub);
    this.sender = new Sender(this.#hub, this.#database, {
      learn: (job) => this.live.learn(job),
      giveBack: (lost) => giveBack(lost),
    });
    this.tracking = new Tracking(this.#hub, this.#database);
    this.#hub.watch((connection) => {
      if (connection.state === 'ended' && (connection.code === 4500 || connection.code === 4501)) onended();
      if (connection.state === 'live' && this.#untoldOff) void this.setDuty(false);
      if (connection.state === 'offline') void isLoggedOut().then((out) => out && onended());
    });
    this.#hub.listen((message) => {
      if (message.t === 'snapshot' || message.t === 'event' || message.t === 'ok') this.#saveSoon();
    });
    void this.#open();
  }

  /** Notes who begins and who ceases to see the worker. What the hub has not heard of yet changes nothing. */
  #followWindows(): void {
    this.#unfollow = $effect.root(() => {
      $effect(() => {
        // Until the hub has told how the jobs stand, those kept on the phone may be of yesterday.
        if (this.onDuty && !this.live.ready) return;
        const current = currentOf(this.live.jobs.values());
        const place = current && placeOf(current);
        this.tracking.place =
          place && place.latitude !== null && place.longitude !== null
            ? { latitude: place.latitude, longitude: place.longitude }
            : undefined;
        const next = follow(
          untrack(() => this.windows),
          this.onDuty,
          current,
          this.#hub.now(),
        );
        if (next === untrack(() => this.windows)) return;
        this.windows = next;
        void this.#database.keep('windows', $state.snapshot(next));
      });
    });
  }

  close(): void {
    this.#unfollow?.();
    this.tracking.stop();
    this.awake.want(false);
    this.#hub.close();
  }

  /** The phone's own view of its jobs, in the order of the day. */
  get jobs(): Expected[] {
    return [...this.live.jobs.values()]
      .map((job) => expected(job, this.sender.entries))
      .filter(({ leaving }) => !leaving)
      .sort((one, other) => start(one.job) - start(other.job));
  }

  /** When they work; kept on the phone like the jobs. */
  get row(): ScheduleWorker | undefined {
    return this.live.workers.get(this.caller.id) ?? this.#row;
  }

  job(id: Id): Expected | undefined {
    const job = this.live.jobs.get(id);
    return job && expected(job, this.sender.entries);
  }

  /** Resolves once it is kept on the phone; rejects, and says so, if the phone cannot. */
  async act(job: Job, act: Act): Promise<void> {
    const entry = await this.sender.add(job, act).catch((error: unknown) => {
      toasts.say(words.not_kept, { tone: 'error' });
      throw error;
    });
    this.undoable = act.do === 'complete_step' ? { job: job.id, seq: entry.seq, at: entry.at } : undefined;
  }

  /** Takes the last step back: out of the outbox if it is still there, else by the hub. */
  async undo(job: Job): Promise<void> {
    const undoable = this.undoable;
    this.undoable = undefined;
    if (undoable && (await this.sender.takeBack(undoable.seq))) return;
    await this.sender.add(job, { do: 'undo_step' });
  }

  /** On duty only once the hub knows, because until then it drops every position; off duty at once. */
  async setDuty(on: boolean): Promise<void> {
    if (!on) this.#applyDuty(false);
    try {
      await this.#hub.duty(on);
      if (on) this.#applyDuty(true);
      this.#untoldOff = false;
    } catch (error) {
      this.#untoldOff = !on;
      if (on) toasts.say(`${words.duty.failed}: ${problemWords(error)}`, { tone: 'error' });
    }
  }

  /** Switched on or not: it is not offered again. */
  decideOnNotifications(): void {
    this.notifiable = undefined;
    void import('../lib/alerts/device').then(({ decideLater }) => decideLater());
  }

  /** Takes location sharing over from another phone or tab. */
  takeOver(): void {
    this.#hub.open();
  }

  async #open(): Promise<void> {
    const [jobs, duty, offset, reasons, row, windows] = await Promise.all([
      this.#database.kept<Job[]>('jobs'),
      this.#database.kept<boolean>('duty'),
      this.#database.kept<number>('clock_offset_ms'),
      this.#database.kept<string[]>('reasons'),
      this.#database.kept<ScheduleWorker>('row'),
      this.#database.kept<Window[]>('windows'),
    ]);
    this.#row = row;
    if (reasons) this.reasons = reasons;
    if (offset !== undefined && !this.live.ready) this.#hub.clockOffset = offset;
    if (jobs && !this.live.ready) {
      for (const job of jobs) this.live.jobs.set(job.id, job);
      this.ready = true;
    }
    await this.sender.load();
    this.#hub.open();
    void this.#learnReasons();
    void this.#renewNotifications();
    if (duty) this.#applyDuty(true);
    this.windows = windows ?? [];
    this.#followWindows();
  }

  /** Renewed at each start; without a network, at the next. */
  async #renewNotifications(): Promise<void> {
    const renewed = import('../lib/alerts/device').then(({ renew }) => renew(this.caller.id));
    this.notifiable = await renewed.catch(() => undefined);
  }

  async #learnReasons(): Promise<void> {
    const { reasons } = await api.declineReasons().catch(() => ({ reasons: [] }));
    if (reasons.length === 0) return;
    this.reasons = reasons;
    await this.#database.keep('reasons', reasons);
  }

  #applyDuty(on: boolean): void {
    this.onDuty = on;
    void this.#database.keep('duty', on);
    this.awake.want(on);
    if (on) this.tracking.start();
    else this.tracking.stop();
  }

  #tellGone(job: Job, reason: RemovalReason | undefined): void {
    const why = reason ? texts.removed[reason] : '';
    if (reason !== 'declined') toasts.say(words.gone(job.number, why), { tone: 'info' });
  }

  #saveSoon(): void {
    if (this.live.ready) this.ready = true;
    if (this.#saving !== undefined) return;
    this.#saving = setTimeout(() => {
      this.#saving = undefined;
      const jobs = [...this.live.jobs.values()];
      void this.#database.keep('jobs', $state.snapshot(jobs));
      void this.#database.keep('clock_offset_ms', this.#hub.clockOffset);
      if (this.row) void this.#database.keep('row', $state.snapshot(this.row));
    }, SAVE_AFTER_MS);
  }
}

const start = (job: Job): number => job.scheduled_start ?? job.requested_start ?? 0;
