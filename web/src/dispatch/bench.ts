/// Which of the jobs to place are wanted now: the workbench's filters, as they stand in the address.
import type { Id, Instant, Job } from '../lib/protocol';
import { isFresh, matches } from './schedule';

export interface BenchFilter {
  text: string;
  type: Id | null;
  customer: Id | null;
  /** Only those whose requested time has passed. */
  late: boolean;
  /** Only those that nobody has opened yet. */
  fresh: boolean;
}

export function readFilter(query: URLSearchParams): BenchFilter {
  return {
    text: query.get('q') ?? '',
    type: query.get('type'),
    customer: query.get('customer'),
    late: query.get('late') === '1',
    fresh: query.get('new') === '1',
  };
}

/** The filter as members of the address; what is off is left out. */
export function writeFilter(filter: Partial<BenchFilter>): Record<string, string | null> {
  const members: Record<string, string | null> = {};
  if (filter.text !== undefined) members.q = filter.text || null;
  if (filter.type !== undefined) members.type = filter.type || null;
  if (filter.customer !== undefined) members.customer = filter.customer || null;
  if (filter.late !== undefined) members.late = filter.late ? '1' : null;
  if (filter.fresh !== undefined) members.new = filter.fresh ? '1' : null;
  return members;
}

export const isFiltered = ({ text, type, customer, late, fresh }: BenchFilter): boolean =>
  text.trim() !== '' || type !== null || customer !== null || late || fresh;

export function passes(job: Job, filter: BenchFilter, now: Instant): boolean {
  if (filter.type && job.template.id !== filter.type) return false;
  if (filter.customer && job.customer.id !== filter.customer) return false;
  if (filter.late && !isOverdue(job, now)) return false;
  if (filter.fresh && !isFresh(job)) return false;
  return matches(job, filter.text);
}

/** Still to be placed although the customer’s time has come. */
export const isOverdue = (job: Job, now: Instant): boolean =>
  job.status === 'unassigned' && job.requested_start !== null && job.requested_start < now;

/** The choices that the jobs to place offer, by name. */
export function choices(jobs: Job[], of: 'template' | 'customer'): { id: Id; name: string }[] {
  const found = new Map(jobs.map((job) => [job[of].id, job[of].name]));
  return [...found].map(([id, name]) => ({ id, name })).sort((a, b) => a.name.localeCompare(b.name));
}
