/// What follows from the jobs for the schedule: bars, loads, warnings, inverse commands. Plain functions.
import type { Formatter } from '../lib/format';
import { DAY_MS } from '../lib/format';
import type { Command, Id, Instant, Job, ScheduleWorker } from '../lib/protocol';
import { t } from './messages';
import { driveBetween } from './travel';

export const SNAP_MS = 15 * 60_000;
const DAY_MIN = 24 * 60;
/** The row of jobs that have no worker yet. */
export const UNASSIGNED = 'unassigned';

export type ViewName = 'day' | 'three' | 'week';
export const VIEW_DAYS: Record<ViewName, number> = { day: 1, three: 3, week: 7 };

/** A job's place on the timeline. */
export interface Bar {
  job: Job;
  row: Id;
  start: Instant;
  end: Instant;
}

const made = new WeakMap<Job, Bar | null>();

/** A job's bar. A job that did not change keeps its bar, so rows can tell by identity that nothing is to be drawn. */
export function barOf(job: Job): Bar | undefined {
  let bar = made.get(job);
  if (bar === undefined) {
    bar = placeOf(job) ?? null;
    made.set(job, bar);
  }
  return bar ?? undefined;
}

/** Where a job stands on the timeline, if anywhere: without a worker at the requested time. */
function placeOf(job: Job): Bar | undefined {
  const length_ms = Math.max(job.duration_min, 15) * 60_000;
  if (job.status === 'cancelled' && !job.worker) return undefined;
  if (job.worker && job.scheduled_start !== null) {
    const start = job.scheduled_start;
    return {
      job,
      row: job.worker.id,
      start,
      end: Math.max(job.scheduled_end ?? start + length_ms, start + SNAP_MS),
    };
  }
  if (job.status === 'unassigned' && job.requested_start !== null) {
    return { job, row: UNASSIGNED, start: job.requested_start, end: job.requested_start + length_ms };
  }
  return undefined;
}

const byNumber = new Intl.Collator(undefined, { numeric: true });

/** The workbench: jobs to place; new ones first, then by requested time, those without one last. */
export function toPlace(jobs: Iterable<Job>): Job[] {
  const open = [...jobs].filter((job) => job.status === 'unassigned');
  const rank = (job: Job) => (isFresh(job) ? 0 : 1);
  return open.sort(
    (a, b) =>
      rank(a) - rank(b) ||
      (a.requested_start ?? Infinity) - (b.requested_start ?? Infinity) ||
      byNumber.compare(b.number, a.number),
  );
}

/** Pink: made in the portal, and no dispatcher has opened it yet. */
export function isFresh(job: Job): boolean {
  return job.is_new && job.source === 'portal';
}

export function matches(job: Job, text: string): boolean {
  const wanted = text.trim().toLowerCase();
  if (wanted === '') return true;
  const haystack = [
    job.number,
    job.customer.name,
    job.template.name,
    job.worker?.name,
    ...job.steps.flatMap((step) => [step.name, step.address?.text]),
  ];
  return haystack.some((part) => part?.toLowerCase().includes(wanted));
}

/** The first address of a job, for cards and bars. */
export function addressOf(job: Job): string | undefined {
  const open = job.steps.find((step) => step.address && step.done_at === null);
  return (open ?? job.steps.find((step) => step.address))?.address?.text;
}

/** Allocated jobs: placed, but nobody outside has been told. */
export function unpublished(bars: Bar[], from: Instant, to: Instant): Job[] {
  return bars
    .filter(({ job, start, end }) => job.status === 'allocated' && start < to && end > from)
    .map(({ job }) => job);
}

/** Planned minutes per row within a range; cancelled jobs cost nothing. */
export function loads(bars: Bar[], from: Instant, to: Instant): Map<Id, number> {
  const minutes = new Map<Id, number>();
  for (const { job, row, start, end } of bars) {
    if (job.status === 'cancelled') continue;
    const inside = Math.min(end, to) - Math.max(start, from);
    if (inside > 0) minutes.set(row, (minutes.get(row) ?? 0) + inside / 60_000);
  }
  return minutes;
}

export interface WorkingSpan {
  start: Instant;
  end: Instant;
}

/** Days off, with why. */
export interface AwaySpan extends WorkingSpan {
  why: string;
}

const absence = (worker: ScheduleWorker, date: string) =>
  worker.absences.find(({ from, to }) => from <= date && date <= to);

/** When a worker is away on the days of a range: their absences and the company's holidays; days in a row as one. */
export function awaySpans(
  worker: ScheduleWorker,
  days: Instant[],
  format: Formatter,
  holidays: ReadonlySet<string>,
): AwaySpan[] {
  const spans: AwaySpan[] = [];
  for (const day of days) {
    const date = format.localDate(day);
    const away = absence(worker, date);
    if (!away && !holidays.has(date)) continue;
    const why = away ? away.note || t.away : t.holiday;
    const end = format.addDays(day, 1);
    const last = spans.at(-1);
    if (last?.end === day && last.why === why) last.end = end;
    else spans.push({ start: day, end, why });
  }
  return spans;
}

/** A worker's working hours on the days of a range. `hours` are minutes from midnight, Monday first. */
export function workingSpans(
  worker: ScheduleWorker,
  days: Instant[],
  format: Formatter,
  holidays: ReadonlySet<string> = new Set(),
): WorkingSpan[] {
  return days.flatMap((day) => {
    const hours = worker.hours[format.weekday(day) - 1];
    const date = format.localDate(day);
    if (!hours || holidays.has(date) || absence(worker, date)) return [];
    return [
      {
        start: format.instant(`${date}T${clock(hours[0])}`),
        // Midnight at the end is the next day's beginning.
        end: hours[1] >= DAY_MIN ? format.addDays(day, 1) : format.instant(`${date}T${clock(hours[1])}`),
      },
    ];
  });
}

function clock(minutes: number): string {
  const two = (n: number) => String(n).padStart(2, '0');
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/** The rest of the days: what is drawn darker. Unknown hours leave everything light. */
export function offSpans(working: WorkingSpan[] | undefined, days: Instant[], to: Instant): WorkingSpan[] {
  if (!working || days.length === 0) return [];
  const spans: WorkingSpan[] = [];
  let free = days[0]!;
  for (const { start, end } of working) {
    if (start > free) spans.push({ start: free, end: start });
    free = end;
  }
  if (free < to) spans.push({ start: free, end: to });
  return spans;
}

/** What a dispatcher should know before dropping; never a reason to refuse. */
export type Warning =
  | { is: 'overlap'; with: Job }
  | { is: 'asset'; with: Job }
  | { is: 'travel'; with: Job; needed_min: number; free_min: number }
  | { is: 'outside_hours' }
  | { is: 'past' };

const costs = ({ job }: Bar): boolean => job.status !== 'cancelled';

/** What is wrong with a job at a place, seen against all bars that are planned. */
export function warnings(
  place: Bar,
  bars: Iterable<Bar>,
  spans: WorkingSpan[] | undefined,
  now: Instant,
): Warning[] {
  const { job, row, start, end } = place;
  const list: Warning[] = [];
  let overlap: Job | undefined;
  let asset: Job | undefined;
  let before: Bar | undefined;
  let after: Bar | undefined;
  for (const bar of bars) {
    if (bar.job.id === job.id || bar.row === UNASSIGNED || !costs(bar)) continue;
    const together = bar.start < end && bar.end > start;
    if (together && job.asset && bar.job.asset?.id === job.asset.id) asset ??= bar.job;
    if (bar.row !== row) continue;
    if (together) overlap ??= bar.job;
    else if (bar.end <= start && bar.end > (before?.end ?? -Infinity)) before = bar;
    else if (bar.start >= end && bar.start < (after?.start ?? Infinity)) after = bar;
  }
  if (overlap) list.push({ is: 'overlap', with: overlap });
  if (asset && asset !== overlap) list.push({ is: 'asset', with: asset });
  if (before) list.push(...late(before.job, driveBetween(before.job, job), start - before.end));
  if (after) list.push(...late(after.job, driveBetween(job, after.job), after.start - end));
  if (spans && !spans.some((span) => span.start <= start && end <= span.end))
    list.push({ is: 'outside_hours' });
  if (end < now) list.push({ is: 'past' });
  return list;
}

/** A drive that does not fit between two jobs. Under a minute is the same place. */
function late(other: Job, drive_ms: number | undefined, free_ms: number): Warning[] {
  if (drive_ms === undefined || drive_ms < 60_000 || drive_ms <= free_ms) return [];
  const minutes = (ms: number) => ms / 60_000;
  return [
    {
      is: 'travel',
      with: other,
      needed_min: Math.ceil(minutes(drive_ms)),
      free_min: Math.floor(minutes(free_ms)),
    },
  ];
}

/** The command that puts a job somewhere, by what its status allows; nothing if it may not be moved there. */
export function moveCommand(job: Job, row: Id, start: Instant, end: Instant): Command | undefined {
  if (row === UNASSIGNED) {
    const placed = job.status === 'allocated' || job.status === 'pending' || job.status === 'assigned';
    return placed ? { do: 'unallocate' } : undefined;
  }
  switch (job.status) {
    case 'unassigned':
    case 'allocated':
      return { do: 'allocate', worker: row, start, end };
    case 'pending':
    case 'assigned':
    case 'started':
      return { do: 'reschedule', start, end, worker: row };
    default:
      return undefined;
  }
}

/** What takes a change back, seen from how the job was before; nothing where there is no way back. */
export function inverse(command: Command, before: Job): Command | undefined {
  const placed =
    before.worker && before.scheduled_start !== null
      ? { worker: before.worker.id, start: before.scheduled_start, end: before.scheduled_end ?? undefined }
      : undefined;
  switch (command.do) {
    case 'allocate':
      return placed ? { do: 'allocate', ...placed } : { do: 'unallocate' };
    case 'reschedule':
      return placed && { do: 'reschedule', ...placed };
    case 'unallocate':
      return placed && { do: 'allocate', ...placed };
    case 'publish':
      return { do: 'unpublish' };
    case 'unpublish':
      return { do: 'publish' };
    case 'pause':
      return { do: 'resume' };
    case 'resume':
      return { do: 'pause' };
    case 'complete_step':
      return { do: 'undo_step' };
    case 'cancel':
      return { do: 'reopen' };
    default:
      return undefined;
  }
}

/** Local midnights of the days shown. */
export function daysOf(from: Instant, view: ViewName, format: Formatter): Instant[] {
  return Array.from({ length: VIEW_DAYS[view] }, (_, index) => format.addDays(from, index));
}

/** Where a view that holds `at` begins: weeks on Monday. */
export function viewStart(at: Instant, view: ViewName, format: Formatter): Instant {
  const day = format.startOfDay(at);
  return view === 'week' ? format.addDays(day, 1 - format.weekday(day)) : day;
}

/** The range to hold for what is shown, with room to both sides. */
export function heldRange(from: Instant, to: Instant): { from: Instant; to: Instant } {
  return { from: from - 2 * DAY_MS, to: to + 14 * DAY_MS };
}
