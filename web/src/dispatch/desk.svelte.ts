/// What the dispatch screen knows and can do: the live schedule, the range in view, the open job, commands with undo.
import { SvelteMap } from 'svelte/reactivity';
import { api } from '../lib/api';
import { Clock } from '../lib/clock.svelte';
import { Formatter } from '../lib/format';
import { Hub, socketUrl } from '../lib/hub';
import { LiveConnection, LiveTopic } from '../lib/live.svelte';
import { texts } from '../lib/messages';
import { msgpack } from '../lib/msgpack';
import { Problem, words } from '../lib/problem';
import type { By, Caller, Command, EventMessage, Id, Instant, Job, ScheduleWorker } from '../lib/protocol';
import { Route } from '../lib/route.svelte';
import { watchLogin } from '../lib/session';
import { toasts } from '../lib/toasts.svelte';
import type { Change } from '../lib/topic';
import { passes, readFilter, writeFilter, type BenchFilter } from './bench';
import { byRow } from './grid';
import type { JobEdit } from './edit.svelte';
import { t } from './messages';
import {
  awaySpans,
  barOf,
  daysOf,
  heldRange,
  inverse,
  isFresh,
  loads,
  moveCommand,
  SNAP_MS,
  toPlace,
  UNASSIGNED,
  unpublished,
  viewStart,
  warnings,
  type Warning,
  workingSpans,
  type AwaySpan,
  type Bar,
  type ViewName,
} from './schedule';
import { UndoStack, type Undo } from './undo';

/** What lies open over the schedule. */
export type Open = 'allocate' | 'create' | 'keys' | 'cancel' | 'delete' | 'publish' | 'clash' | null;

/** A change that somebody else was faster with: what was meant, and how the job stands now. */
export interface Clash {
  command: Command;
  said: string;
  before: Job;
  theirs: Job;
}

const MAP_KEY = 'dispatch-hub-map';
const byName = new Intl.Collator(undefined, { numeric: true });

export class Desk {
  readonly caller: Caller;
  readonly format: Formatter;
  readonly hub: Hub;
  readonly clock: Clock;
  readonly connection: LiveConnection;
  readonly schedule: LiveTopic;
  readonly map: LiveTopic;
  readonly route = new Route('/dispatch');

  open = $state<Open>(null);
  /** The map beside the timeline. */
  mapShown = $state(localStorage.getItem(MAP_KEY) !== 'no');
  /** What the publish dialog is about. */
  previewed = $state.raw<Job[]>([]);
  clash = $state.raw<Clash | null>(null);
  /** The job that a new one is to be like. */
  copied = $state.raw<Job | null>(null);
  /** The job or worker under the pointer, in whichever view. */
  hovered = $state<Id | null>(null);
  /** Jobs whose command is under way: shown as saving, not as done. */
  saving = $state<ReadonlySet<Id>>(new Set());
  /** Where a job was put while the hub decides. */
  readonly pending = new SvelteMap<Id, { row: Id; start: Instant; end: Instant }>();
  /** The last refusal, to be shown where it was caused. */
  refusal = $state.raw<{ job: Id; text: string } | null>(null);
  /** The line for screen readers. */
  announcement = $state('');
  /** Jobs that came in while this page was open: they get a highlight. */
  arrivals = $state.raw<ReadonlySet<Id>>(new Set());
  /** Whether the settings hold something typed that is not saved; told by them once they are open. */
  hasUnsaved: () => boolean = () => false;
  /** Who changed a job last, as told while this page was open. */
  readonly changedBy = new SvelteMap<Id, By>();
  /** What has been typed into a job and not been saved; it outlives the closing of the drawer. */
  readonly edits = new Map<Id, JobEdit>();
  readonly undos = new UndoStack();
  /** A step to point the map at. */
  spotlight = $state.raw<{ latitude: number; longitude: number } | null>(null);

  /** The hub's time, moving once a minute: for what need not be drawn every second. */
  minute = $derived.by<Instant>(() => Math.floor(this.clock.now / 60_000) * 60_000);
  view = $derived.by<ViewName>(() => {
    const named = this.route.query.get('view');
    return named === 'three' || named === 'week' ? named : 'day';
  });
  from = $derived.by<Instant>(() => {
    const date = this.route.query.get('date');
    const day = date && /^\d{4}-\d\d-\d\d$/.test(date) ? this.format.instant(date) : this.#today;
    return viewStart(day, this.view, this.format);
  });
  days = $derived.by(() => daysOf(this.from, this.view, this.format));
  to = $derived.by(() => this.format.addDays(this.from, this.days.length));

  jobs = $derived.by(() => [...this.schedule.jobs.values()]);
  bars = $derived(this.jobs.map(barOf).filter((bar) => bar !== undefined));
  /** The bars in view, those on their way drawn where they were put. */
  shown = $derived.by(() =>
    this.jobs
      .map((job) => {
        const pending = this.pending.get(job.id);
        return pending ? { job, ...pending } : barOf(job);
      })
      .filter((bar): bar is Bar => bar !== undefined && bar.start < this.to && bar.end > this.from),
  );
  /** The same by row; a row that did not change keeps its list. */
  rows = $derived.by(() => (this.#rows = byRow(this.shown, this.#rows)));
  placing = $derived(toPlace(this.jobs));
  filter = $derived(readFilter(this.route.query));
  found = $derived.by(() => this.placing.filter((job) => passes(job, this.filter, this.minute)));
  fresh = $derived(this.jobs.filter(isFresh));
  /** Every worker's id and name, by name. */
  names = $derived.by(() => [...this.schedule.names].sort(([, a], [, b]) => byName.compare(a, b)));
  workers = $derived.by(() =>
    this.names.map(([id]) => this.schedule.workers.get(id)).filter((worker) => worker !== undefined),
  );
  loads = $derived(loads(this.bars, this.from, this.to));
  toPublish = $derived(unpublished(this.bars, this.from, this.to));
  /** The dispatchers who have a job open, without oneself. */
  editors = $derived.by(() => {
    const names = new Map<Id, string[]>();
    for (const { id, name, editing } of this.schedule.presence) {
      if (editing && id !== this.caller.id) names.set(editing, [...(names.get(editing) ?? []), name]);
    }
    return names;
  });
  selectedId = $derived(this.route.query.get('job'));
  selected = $derived.by(() => (this.selectedId ? this.schedule.jobs.get(this.selectedId) : undefined));

  #today = $derived.by(() => this.format.startOfDay(this.minute));
  #rows: ReadonlyMap<Id, readonly Bar[]> = new Map();
  #spans = new Map<string, { start: Instant; end: Instant }[]>();
  /** Where a job goes next, when it was moved again before the hub had answered. */
  #next = new Map<Id, { row: Id; start: Instant; end: Instant }>();
  #held: { from: Instant; to: Instant };
  #stopWatching: () => void;

  constructor(caller: Caller) {
    this.caller = caller;
    this.format = new Formatter(caller.tenant.time_zone);
    this.hub = new Hub({ url: socketUrl(location), codec: msgpack }).open();
    this.clock = new Clock(this.hub);
    this.connection = new LiveConnection(this.hub);
    this.#stopWatching = watchLogin(this.hub);
    const today = this.format.startOfDay(Date.now());
    this.#held = heldRange(today, this.format.addDays(today, 1));
    this.schedule = new LiveTopic(this.hub, 'schedule', {
      ...this.#held,
      onChange: (change, event) => this.#notice(change, event),
    });
    this.map = new LiveTopic(this.hub, 'map');
  }

  close(): void {
    this.#stopWatching();
    this.clock.stop();
    this.hub.close();
  }

  /** Asks the hub for more when the view leaves what is held. */
  hold(): void {
    if (this.from >= this.#held.from && this.to <= this.#held.to) return;
    this.#held = heldRange(this.from, this.to);
    this.schedule.resubscribe(this.#held);
  }

  worker(id: Id | null | undefined): ScheduleWorker | undefined {
    return id ? this.schedule.workers.get(id) : undefined;
  }

  spans(worker: Id): { start: Instant; end: Instant }[] | undefined {
    const known = this.worker(worker);
    if (!known || known.hours.length === 0) return undefined;
    const { holidays } = this.schedule;
    // Local times are costly to find, and most workers keep the same hours.
    const key = `${this.from}/${this.days.length}/${JSON.stringify([known.hours, known.absences, ...holidays])}`;
    let spans = this.#spans.get(key);
    if (!spans) this.#spans.set(key, (spans = workingSpans(known, this.days, this.format, holidays)));
    return spans;
  }

  /** As `spans`, of one day that need not be in view. */
  spansOn(worker: ScheduleWorker, day: Instant): { start: Instant; end: Instant }[] | undefined {
    if (worker.hours.length === 0) return undefined;
    return workingSpans(worker, [day], this.format, this.schedule.holidays);
  }

  /** Days of the view on which a worker is away. */
  away(worker: Id): AwaySpan[] {
    const known = this.worker(worker);
    return known ? awaySpans(known, this.days, this.format, this.schedule.holidays) : [];
  }

  toggleMap(): void {
    this.mapShown = !this.mapShown;
    localStorage.setItem(MAP_KEY, this.mapShown ? 'yes' : 'no');
  }

  // Where we are

  select(job: Id | null): void {
    this.refusal = null;
    this.route.put({ job });
    this.hub.setEditing(job);
    const opened = job ? this.schedule.jobs.get(job) : undefined;
    if (opened?.is_new) void this.hub.command(opened.id, { do: 'mark_seen' }).catch(() => undefined);
  }

  show(view: ViewName): void {
    this.route.put({ view: view === 'day' ? null : view });
  }

  goToDay(at: Instant): void {
    const date = this.format.localDate(at);
    this.route.put({ date: date === this.format.localDate(this.clock.now) ? null : date });
  }

  turn(direction: 1 | -1): void {
    this.goToDay(this.format.addDays(this.from, direction * this.days.length));
  }

  /** Opens a job and brings its day into view. */
  reveal(job: Job): void {
    const bar = barOf(job);
    if (bar && (bar.start < this.from || bar.start >= this.to)) this.goToDay(bar.start);
    this.select(job.id);
  }

  // What can be done

  /** Narrows the workbench; the address keeps it. */
  narrow(filter: Partial<BenchFilter>): void {
    this.route.put(writeFilter(filter), { replace: true });
  }

  /**
   * Sends a command on the job as it was seen here; says what happened, or why not, and offers the way back.
   * Where somebody else was faster, it asks instead of overwriting.
   */
  async run(job: Job, command: Command, said: string): Promise<Job | undefined> {
    this.#setSaving(job.id, true);
    this.refusal = null;
    try {
      const answer = await this.hub.command(job.id, { ...command, version: job.version });
      if (answer.job) this.schedule.learn(answer.job);
      const back = inverse(command, job);
      const version = answer.job?.version;
      let undo: (() => void) | undefined;
      if (back && version !== undefined) {
        const entry: Undo = { job, command: back, from: job.version, version };
        this.undos.push(entry);
        undo = () => void this.#undo(entry);
      }
      toasts.say(said, { undo });
      return answer.job ?? job;
    } catch (error) {
      if (error instanceof Problem && error.name === 'conflict') await this.#collide(job, command, said);
      else this.#refuse(job, words(error));
      return undefined;
    } finally {
      this.#setSaving(job.id, false);
    }
  }

  /** Shows both wishes. The other change may not have been heard of yet. */
  async #collide(before: Job, command: Command, said: string): Promise<void> {
    try {
      const theirs = await api.job(before.id);
      this.schedule.learn(theirs);
      this.clash = { command, said, before, theirs };
      this.open = 'clash';
    } catch (error) {
      this.#refuse(before, words(error));
    }
  }

  #refuse(job: Job, text: string): void {
    this.refusal = { job: job.id, text };
    // An open drawer or dialog shows it in place; a drag has no such place.
    if (this.selectedId !== job.id) toasts.say(`${job.number}: ${text}`, { tone: 'error' });
  }

  /** Says again what collided, now knowing how the job stands. */
  async insist({ command, said, theirs }: Clash): Promise<void> {
    this.open = null;
    this.clash = null;
    const now = this.schedule.jobs.get(theirs.id) ?? theirs;
    if (command.do === 'allocate' || command.do === 'reschedule') {
      const length_ms = now.duration_min * 60_000;
      const row = command.worker ?? now.worker?.id ?? UNASSIGNED;
      await this.place(now, row, command.start, command.end ?? command.start + length_ms);
    } else {
      await this.run(now, command, said);
    }
  }

  /** Puts a job on a row at a time (or back on the workbench); false when the hub or the rules said no. */
  async place(job: Job, row: Id, start: Instant, end: Instant): Promise<boolean> {
    const command = moveCommand(job, row, start, end);
    if (!command) {
      const text =
        row === UNASSIGNED && job.status === 'unassigned'
          ? t.requested_is_theirs
          : t.cannot_move(texts.status[job.status ?? 'unassigned'].toLowerCase());
      toasts.say(`${job.number}: ${text}`, { tone: 'error' });
      return false;
    }
    const name = this.worker(row)?.name ?? '';
    const warned = warnings({ job, row, start, end }, this.bars, this.spans(row), this.minute);
    const time = [this.format.brief(start, this.minute), ...warned.map(warningText)].join(' · ');
    const said = {
      allocate: t.did.allocated(job.number, name, time),
      reschedule: t.did.moved(job.number, name, time),
    } as Partial<Record<Command['do'], string>>;
    if (command.do !== 'unallocate') this.pending.set(job.id, { row, start, end });
    const done = await this.run(job, command, said[command.do] ?? t.did.unallocated(job.number));
    const next = this.#next.get(job.id);
    this.#next.delete(job.id);
    if (done && next) return this.place(done, next.row, next.start, next.end);
    this.pending.delete(job.id);
    return done !== undefined;
  }

  /** Begins a new job, empty or like another one. */
  create(like: Job | null = null): void {
    this.copied = like;
    this.open = 'create';
  }

  /** Shows what would be published before it is. */
  preview(jobs: Job[]): void {
    if (jobs.length === 0) return;
    this.previewed = jobs;
    this.open = 'publish';
  }

  async publish(jobs: Job[]): Promise<void> {
    if (jobs.length === 0) return;
    for (const job of jobs) this.#setSaving(job.id, true);
    try {
      const { results } = await api.publish(jobs.map((job) => job.id));
      const done = results.filter((result) => result.job);
      const failed = results.filter((result) => result.problem);
      for (const { job } of done) if (job) this.schedule.learn(job);
      if (failed[0]?.problem) {
        const why = Problem.from(failed[0].problem).message;
        toasts.say(t.published_partly(done.length, failed.length, why), { tone: 'error' });
      } else {
        const entries = done.flatMap(({ job }) =>
          job
            ? [{ job, command: { do: 'unpublish' } as const, from: job.version - 1, version: job.version }]
            : [],
        );
        for (const entry of entries) this.undos.push(entry);
        toasts.say(t.published(done.length), {
          undo: () => entries.forEach((entry) => void this.#undo(entry)),
        });
      }
    } catch (error) {
      toasts.say(words(error), { tone: 'error' });
    } finally {
      for (const job of jobs) this.#setSaving(job.id, false);
    }
  }

  async delete(job: Job): Promise<void> {
    try {
      await api.deleteJob(job.id);
      this.select(null);
      toasts.say(t.did.deleted(job.number));
    } catch (error) {
      toasts.say(`${job.number}: ${words(error)}`, { tone: 'error' });
    }
  }

  /** Moves a job by minutes or rows, or makes it longer, from the keyboard. Quick presses add up. */
  nudge(job: Job, by: { minutes?: number; longer?: number; rows?: number }): void {
    const bar = this.pending.get(job.id) ?? barOf(job);
    if (!bar || bar.row === UNASSIGNED) return;
    const index = this.workers.findIndex((worker) => worker.id === bar.row) + (by.rows ?? 0);
    const worker = this.workers[index];
    if (!worker) return;
    const start = bar.start + (by.minutes ?? 0) * 60_000;
    const length = bar.end - bar.start + (by.longer ?? 0) * 60_000;
    const place = { row: worker.id, start, end: start + Math.max(length, SNAP_MS) };
    if (this.saving.has(job.id)) {
      if (!this.pending.has(job.id)) return;
      this.#next.set(job.id, place);
      this.pending.set(job.id, place);
      return;
    }
    void this.place(job, place.row, place.start, place.end);
  }

  unallocate(job: Job): void {
    if (moveCommand(job, UNASSIGNED, 0, 0))
      void this.run(job, { do: 'unallocate' }, t.did.unallocated(job.number));
  }

  /** Takes back the last thing done here. */
  undoLast(): void {
    const { last } = this.undos;
    if (last) void this.#undo(last);
    else toasts.say(t.nothing_to_undo, { tone: 'info' });
  }

  async #undo(undo: Undo): Promise<void> {
    const { job, command, version } = undo;
    this.undos.take(undo);
    try {
      const answer = await this.hub.command(job.id, { ...command, version });
      if (answer.job) {
        this.schedule.learn(answer.job);
        this.undos.rebase(undo, answer.job.version);
      }
      toasts.say(t.did.undone(job.number));
    } catch (error) {
      const meanwhile = error instanceof Problem && error.name === 'conflict';
      if (meanwhile) this.undos.forget(job.id);
      const who = this.changedBy.get(job.id)?.name || texts.somebody;
      toasts.say(`${job.number}: ${meanwhile ? t.undo_refused(who) : words(error)}`, { tone: 'error' });
    }
  }

  #setSaving(job: Id, on: boolean): void {
    const next = new Set(this.saving);
    if (on) next.add(job);
    else next.delete(job);
    this.saving = next;
  }

  #notice(change: Change, event: EventMessage): void {
    if (event.kind !== 'job_seen') this.changedBy.set(event.job_id, event.by);
    if (change.is === 'added' && isFresh(change.job)) {
      const { id, number, template, customer } = change.job;
      this.arrivals = new Set([...this.arrivals, id]);
      this.announcement = t.arrived(number, template.name, customer.name);
    } else if (event.by.kind === 'worker' && event.job) {
      const by = event.by.name ?? texts.somebody;
      this.announcement = t.announce(texts.events[event.kind], event.job.number, by);
    }
  }
}

/** A warning in words. */
export function warningText(warning: Warning): string {
  switch (warning.is) {
    case 'overlap':
      return t.overlaps(warning.with.number);
    case 'asset':
      return t.asset_taken(warning.with.asset?.name ?? '', warning.with.number);
    case 'travel':
      return t.drive_short(warning.with.number, warning.needed_min, warning.free_min);
    case 'outside_hours':
      return t.outside;
    case 'past':
      return t.in_the_past;
  }
}
