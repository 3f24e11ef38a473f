/// Who could see where the worker was, and when. Plain functions.
import type { Id, Instant, Job } from '../lib/protocol';

/** A time during which somebody could see the position. */
export interface Window {
  /** The job whose customer could see it; none: dispatch. */
  job: { id: Id; number: string; customer: string } | null;
  from: Instant;
  /** Null: still. */
  to: Instant | null;
}

/** Windows that are kept: today's and yesterday's. */
const KEEP_MS = 48 * 3_600_000;

/** The job whose customer sees the worker now, as the hub decides it: on the way to it, or at work on it. */
export function currentOf(jobs: Iterable<Job>): Job | undefined {
  const watchable = [...jobs].filter(
    (job) => (job.status === 'assigned' && job.en_route) || (job.status === 'started' && !job.paused),
  );
  // Setting off is the last mark of all; among jobs at work it is the one begun last.
  return (
    watchable.find(({ en_route }) => en_route) ??
    watchable.sort((one, other) => (other.actual_start ?? 0) - (one.actual_start ?? 0))[0]
  );
}

/** The windows after something changed: those that no longer hold end now, and a new one begins. Unchanged ones stay the same object. */
export function follow(windows: Window[], on_duty: boolean, job: Job | undefined, now: Instant): Window[] {
  const wanted: Window['job'][] = !on_duty
    ? []
    : job
      ? [null, { id: job.id, number: job.number, customer: job.customer.name }]
      : [null];
  const open = windows.filter(({ to }) => to === null);
  const same = (one: Window['job'], other: Window['job']) => one?.id === other?.id;
  const stays = (window: Window) => window.to !== null || wanted.some((one) => same(one, window.job));
  const begun = wanted.filter((one) => !open.some((window) => same(window.job, one)));
  const old = windows.some(({ to }) => to !== null && now - to > KEEP_MS);
  if (begun.length === 0 && windows.every(stays) && !old) return windows;
  return [
    ...windows
      .filter(({ to }) => to === null || now - to <= KEEP_MS)
      .map((window) => (stays(window) ? window : { ...window, to: now })),
    ...begun.map((one) => ({ job: one, from: now, to: null })),
  ];
}
