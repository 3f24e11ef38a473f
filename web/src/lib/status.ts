/// The one table of how a job's status looks: icon, word and colour, for badges, bars and pins alike.
import Ban from '@lucide/svelte/icons/ban';
import CircleCheck from '@lucide/svelte/icons/circle-check';
import CircleDashed from '@lucide/svelte/icons/circle-dashed';
import CirclePlay from '@lucide/svelte/icons/circle-play';
import Hourglass from '@lucide/svelte/icons/hourglass';
import PencilLine from '@lucide/svelte/icons/pencil-line';
import UserCheck from '@lucide/svelte/icons/user-check';
import { texts } from './messages';
import type { Job, JobStatus } from './protocol';

export interface StatusLook {
  icon: typeof Ban;
  word: string;
  /** The custom property in app.css that holds the edge colour. */
  colour: `--${JobStatus}`;
}

export const statuses: Record<JobStatus, StatusLook> = {
  unassigned: { icon: CircleDashed, word: texts.status.unassigned, colour: '--unassigned' },
  allocated: { icon: PencilLine, word: texts.status.allocated, colour: '--allocated' },
  pending: { icon: Hourglass, word: texts.status.pending, colour: '--pending' },
  assigned: { icon: UserCheck, word: texts.status.assigned, colour: '--assigned' },
  started: { icon: CirclePlay, word: texts.status.started, colour: '--started' },
  completed: { icon: CircleCheck, word: texts.status.completed, colour: '--completed' },
  cancelled: { icon: Ban, word: texts.status.cancelled, colour: '--cancelled' },
};

/** In the order of a job's life. */
export const statusOrder = Object.keys(statuses) as JobStatus[];

/** The word for a job, with what stands on top of its status. */
export function statusWord(job: Pick<Job, 'status' | 'paused' | 'en_route'>): string {
  if (job.status === null) return '';
  if (job.status === 'started' && job.paused) return texts.paused;
  if (job.status === 'assigned' && job.en_route) return texts.en_route;
  return statuses[job.status].word;
}

const BEFORE_START: readonly (JobStatus | null)[] = ['allocated', 'pending', 'assigned'];

/** Lateness is a mark on top of a status: planned to have begun, or to have ended, and it has not. */
export function isLate(job: Pick<Job, 'status' | 'scheduled_start' | 'scheduled_end'>, now: number): boolean {
  const grace_ms = 5 * 60_000;
  if (BEFORE_START.includes(job.status))
    return job.scheduled_start !== null && now > job.scheduled_start + grace_ms;
  return job.status === 'started' && job.scheduled_end !== null && now > job.scheduled_end + grace_ms;
}
