/// Sorts a worker's jobs into the parts of their list. Plain functions.
import type { Instant } from '../lib/protocol';
import type { Expected } from './outbox';

export type SectionName = 'now' | 'to_answer' | 'today' | 'coming' | 'done';
export interface Section {
  name: SectionName;
  jobs: Expected[];
}

const ORDER: SectionName[] = ['now', 'to_answer', 'today', 'coming', 'done'];

/** The parts that hold something, in order; jobs stay in the order given. */
export function days(jobs: Expected[], today: string, localDate: (at: Instant) => string): Section[] {
  const parts = new Map<SectionName, Expected[]>(ORDER.map((name) => [name, []]));
  for (const known of jobs) parts.get(partOf(known, today, localDate))?.push(known);
  return [...parts].filter(([, jobs]) => jobs.length > 0).map(([name, jobs]) => ({ name, jobs }));
}

function partOf({ job }: Expected, today: string, localDate: (at: Instant) => string): SectionName {
  if (job.status === 'completed' || job.status === 'cancelled') return 'done';
  if (job.status === 'started' || job.en_route) return 'now';
  if (job.status === 'pending') return 'to_answer';
  return job.scheduled_start === null || localDate(job.scheduled_start) <= today ? 'today' : 'coming';
}
