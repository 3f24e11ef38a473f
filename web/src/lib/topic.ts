/// How messages change what a page knows: plain functions on plain values, so that they can be tested without a page.
import type { EventMessage, Id, Job, JobEvent, Snapshot } from './protocol';

/** What one topic has told so far. */
export interface TopicState {
  jobs: Map<Id, Job>;
  /** False until the last part of the snapshot is there. */
  complete: boolean;
  /** Jobs of a snapshot under way; they replace `jobs` with its last part. */
  incoming: Map<Id, Job> | undefined;
}

/** What an event did to the list of jobs. */
export type Change =
  | { is: 'added'; job: Job }
  | { is: 'changed'; job: Job; before: Job }
  | { is: 'removed'; id: Id; before: Job | undefined; event: JobEvent }
  | { is: 'nothing' };

export function emptyTopic(jobs: Map<Id, Job> = new Map()): TopicState {
  return { jobs, complete: false, incoming: undefined };
}

/** Takes in one part of a snapshot. What is shown stays until the last part has come. */
export function applySnapshot(state: TopicState, snapshot: Snapshot): void {
  const incoming = (state.incoming ??= new Map());
  for (const job of snapshot.jobs) incoming.set(job.id, job);
  if (snapshot.more) return;
  for (const id of [...state.jobs.keys()]) if (!incoming.has(id)) state.jobs.delete(id);
  for (const [id, job] of incoming) state.jobs.set(id, job);
  state.incoming = undefined;
  state.complete = true;
}

/** Takes in one event. A replayed event may carry an older job than the one held: the newer one stays. */
export function applyEvent(state: TopicState, event: EventMessage | JobEvent): Change {
  const before = state.jobs.get(event.job_id);
  if (event.job === null) {
    if (event.kind !== 'job_removed' && event.kind !== 'job_deleted') return { is: 'nothing' };
    state.jobs.delete(event.job_id);
    return { is: 'removed', id: event.job_id, before, event };
  }
  return applyJob(state, event.job);
}

/** Takes in a job from wherever it came (an event, the answer to a command). */
export function applyJob(state: TopicState, job: Job): Change {
  const before = state.jobs.get(job.id);
  if (before && job.version < before.version) return { is: 'nothing' };
  state.jobs.set(job.id, job);
  return before ? { is: 'changed', job, before } : { is: 'added', job };
}
