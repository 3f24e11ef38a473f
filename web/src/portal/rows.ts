/// The jobs list: a page from the hub laid under what has come in live. Plain functions on plain values.
import { statusOrder } from '../lib/status';
import type { Id, Job, JobStatus } from '../lib/protocol';

export const SORTS = ['number', 'date', 'status', 'customer', 'template'] as const;
export type SortKey = (typeof SORTS)[number];

export interface ListFilter {
  q: string;
  status: JobStatus | null;
  template: Id | null;
  customer: Id | null;
  /** Days "YYYY-MM-DD" in the company's zone, both included. */
  from: string | null;
  to: string | null;
  sort: SortKey;
  descending: boolean;
}

/** What the list shows: the fetched jobs in their newest version, and live ones that belong among them. */
export function rows(
  fetched: Job[],
  live: ReadonlyMap<Id, Job>,
  gone: ReadonlySet<Id>,
  filter: ListFilter,
  more: boolean,
  localDate: (at: number) => string,
): Job[] {
  const known = new Map(fetched.map((job) => [job.id, job]));
  for (const job of live.values()) {
    const held = known.get(job.id);
    // Only the hub can search; what it has not found does not come in by itself.
    if (held ? job.version >= held.version : filter.q === '') known.set(job.id, job);
  }
  const belongs = (job: Job) =>
    !gone.has(job.id) &&
    (filter.status === null || job.status === filter.status) &&
    (filter.template === null || job.template.id === filter.template) &&
    (filter.customer === null || job.customer.id === filter.customer) &&
    inDays(job, filter, localDate);
  const list = [...known.values()].filter(belongs).sort(by(filter));
  if (!more || fetched.length === 0) return list;
  // Beyond the fetched page there are jobs we do not know; what would stand among them waits for "show more".
  const fetchedIds = new Set(fetched.map((job) => job.id));
  const last = list.findLastIndex((job) => fetchedIds.has(job.id));
  return list.slice(0, last + 1);
}

/** A job without a date is on no day. */
function inDays(job: Job, { from, to }: ListFilter, localDate: (at: number) => string): boolean {
  if (from === null && to === null) return true;
  if (!job.date) return false;
  const day = localDate(job.date.at);
  return (from === null || day >= from) && (to === null || day <= to);
}

function by({ sort, descending }: ListFilter): (one: Job, other: Job) => number {
  const sign = descending ? -1 : 1;
  return (one, other) =>
    sign * (compare(key(one, sort), key(other, sort)) || compare(number(one), number(other)));
}

function key(job: Job, sort: SortKey): number | string {
  switch (sort) {
    case 'number':
      return number(job);
    case 'date':
      return job.date?.at ?? Infinity;
    case 'status':
      return job.status === null ? -1 : statusOrder.indexOf(job.status);
    case 'customer':
      return job.customer.name;
    case 'template':
      return job.template.name;
  }
}

const number = (job: Job): number => Number(job.number.replace(/\D/g, ''));

function compare(one: number | string, other: number | string): number {
  // As the hub orders them: by code points, so that a page of its stays a page here.
  return one < other ? -1 : one > other ? 1 : 0;
}
