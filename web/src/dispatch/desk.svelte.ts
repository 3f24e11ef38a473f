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
import type { Caller, Command, EventMessage, Id, Instant, Job, ScheduleWorker } from '../lib/protocol';
import { Route } from '../lib/route.svelte';
import { watchLogin } from '../lib/session';
import { toasts } from '../lib/toasts.svelte';
import type { Change } from '../lib/topic';
import { t } from './messages';
import {
  barOf,
  daysOf,
  heldRange,
  inverse,
  isFresh,
  loads,
  matches,
  moveCommand,
  toPlace,
  UNASSIGNED,
  unpublished,
  viewStart,
  warnings,
  type Warning,
  workingSpans,
  type Bar,
  type ViewName,
} from './schedule';

/** What lies open over the schedule. */
export type Open = 'allocate' | 'create' | 'keys' | 'cancel' | 'delete' | null;

const MAP_KEY = 'dispatch-hub-map';

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
  search = $state('');
  /** The job or worker under the pointer, in whichever view. */
  hovered = $state<Id | null>(null);
  /** Jobs whose command is under way: shown as saving, not as done. */
  saving = $state<ReadonlySet<Id>>(new Set());
  /** Where a job was put while the hub decides. */
  readonly pending = new SvelteMap<Id, { row: Id; start: Instant; end: Instant }>();
  /** The last refusal, to be shown where it was caused. */
  refusal = $state.raw<{ job: Id; text: string } | null>(null);
  /** Jobs whose last move came to nothing: the timeline puts their bars back. */
  refused = $state.raw<ReadonlySet<Id>>(new Set());
  /** The line for screen readers. */
  announcement = $state('');
  /** Jobs that came in while this page was open: they get a highlight. */
  arrivals = $state.raw<ReadonlySet<Id>>(new Set());
  /** Whether the settings hold something typed that is not saved; told by them once they are open. */
  hasUnsaved: () => boolean = () => false;
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
  shown = $derived(
    this.jobs
      .map((job) => {
        const pending = this.pending.get(job.id);
        return pending ? { job, ...pending } : barOf(job);
      })
      .filter((bar) => bar !== undefined && bar.start < this.to && bar.end > this.from) as Bar[],
  );
  placing = $derived(toPlace(this.jobs));
  found = $derived(this.placing.filter((job) => matches(job, this.search)));
  fresh = $derived(this.jobs.filter(isFresh));
  workers = $derived.by(() =>
    [...this.schedule.workers.values()].sort((a, b) =>
      a.name.localeCompare(b.name, undefined, { numeric: true }),
    ),
  );
  loads = $derived(loads(this.bars, this.from, this.to));
  toPublish = $derived(unpublished(this.bars, this.from, this.to));
  selectedId = $derived(this.route.query.get('job'));
  selected = $derived.by(() => (this.selectedId ? this.schedule.jobs.get(this.selectedId) : undefined));

  #today = $derived.by(() => this.format.startOfDay(this.minute));
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
    return known?.hours ? workingSpans(known, this.days, this.format) : undefined;
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

  /** Sends a command; says what happened, or why not, and offers the way back. */
  async run(job: Job, command: Command, said: string): Promise<Job | undefined> {
    this.#setSaving(job.id, true);
    this.refusal = null;
    try {
      const answer = await this.hub.command(job.id, command);
      if (answer.job) this.schedule.learn(answer.job);
      const back = inverse(command, job);
      const version = answer.job?.version;
      toasts.say(said, {
        undo: back && version !== undefined ? () => void this.#undo(job, back, version) : undefined,
      });
      return answer.job ?? job;
    } catch (error) {
      this.refusal = { job: job.id, text: words(error) };
      // An open drawer or dialog shows it in place; a drag has no such place.
      if (this.selectedId !== job.id) toasts.say(`${job.number}: ${words(error)}`, { tone: 'error' });
      return undefined;
    } finally {
      this.#setSaving(job.id, false);
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
      this.refused = new Set([job.id]);
      return false;
    }
    const name = this.worker(row)?.name ?? '';
    const warned = warnings({ id: job.id, row, start, end }, this.bars, this.spans(row), this.minute);
    const time = [this.format.brief(start, this.minute), ...warned.map(warningText)].join(' · ');
    const said = {
      allocate: t.did.allocated(job.number, name, time),
      reschedule: t.did.moved(job.number, name, time),
    } as Partial<Record<Command['do'], string>>;
    if (command.do !== 'unallocate') this.pending.set(job.id, { row, start, end });
    const done = await this.run(job, command, said[command.do] ?? t.did.unallocated(job.number));
    this.pending.delete(job.id);
    if (!done) this.refused = new Set([job.id]);
    return done !== undefined;
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
        const undo = () =>
          done.forEach(({ job }) => job && void this.#undo(job, { do: 'unpublish' }, job.version));
        toasts.say(t.published(done.length), { undo });
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

  /** Moves the open job by minutes or rows, from the keyboard. */
  nudge(minutes: number, rows: number): void {
    const job = this.selected;
    const bar: Bar | undefined = job && barOf(job);
    if (!job || !bar || bar.row === UNASSIGNED || this.saving.has(job.id)) return;
    const index = this.workers.findIndex((worker) => worker.id === bar.row) + rows;
    const worker = this.workers[index];
    if (!worker) return;
    const shift = minutes * 60_000;
    void this.place(job, worker.id, bar.start + shift, bar.end + shift);
  }

  async #undo(job: Job, command: Command, version: number): Promise<void> {
    try {
      const answer = await this.hub.command(job.id, { ...command, version });
      if (answer.job) this.schedule.learn(answer.job);
      toasts.say(t.did.undone(job.number));
    } catch (error) {
      const meanwhile = error instanceof Problem && error.name === 'conflict';
      toasts.say(`${job.number}: ${meanwhile ? t.undo_refused : words(error)}`, { tone: 'error' });
    }
  }

  #setSaving(job: Id, on: boolean): void {
    const next = new Set(this.saving);
    if (on) next.add(job);
    else next.delete(job);
    this.saving = next;
  }

  #notice(change: Change, event: EventMessage): void {
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
    case 'outside_hours':
      return t.outside;
    case 'past':
      return t.in_the_past;
  }
}
