/// What a worker has done and the hub may not know yet, and how a job will look once it does. Plain functions.
import type { Command, FieldValues, Id, Instant, Job } from '../lib/protocol';

/** Something done on the phone. `edit` fills in fields of the job as a whole; the rest are commands. */
export type Act =
  | Extract<
      Command,
      { do: 'accept' | 'decline' | 'en_route' | 'complete_step' | 'undo_step' | 'pause' | 'resume' }
    >
  | { do: 'edit'; fields: FieldValues };

export interface Entry {
  /** Its place in the order, given by the database. */
  seq: number;
  /** Sent along with every attempt: however often it is sent, it happens once. */
  id: Id;
  job: Id;
  number: string;
  act: Act;
  /** When it happened, by the phone's clock corrected to the hub's. */
  at: Instant;
}

/** A job as it will be once the hub has taken what waits. */
export interface Expected {
  job: Job;
  /** Indices of steps that are done here, but not yet at the hub. */
  waiting: Set<number>;
  /** It will leave the phone. */
  leaving: boolean;
}

/** Lays what waits over the job as the hub last told it. */
export function expected(job: Job, entries: Entry[]): Expected {
  const result: Expected = { job, waiting: new Set(), leaving: false };
  for (const entry of entries) if (entry.job === job.id) apply(result, entry);
  return result;
}

function apply(result: Expected, { act, at }: Entry): void {
  const { job } = result;
  switch (act.do) {
    case 'accept':
      if (job.status === 'pending')
        result.job = { ...job, status: 'assigned', can: { ...job.can, accept: false } };
      break;
    case 'decline':
      result.leaving = true;
      break;
    case 'en_route':
      result.job = { ...job, en_route: true };
      break;
    case 'pause':
    case 'resume':
      result.job = { ...job, paused: act.do === 'pause' };
      break;
    case 'edit':
      result.job = { ...job, fields: filled(job.fields, act.fields) };
      break;
    case 'complete_step':
      completeStep(result, act.step, act.fields ?? {}, at);
      break;
    case 'undo_step':
      undoStep(result);
      break;
  }
}

function completeStep(result: Expected, index: number, values: FieldValues, at: Instant): void {
  const { job } = result;
  if (job.steps[index]?.done_at !== null) return;
  const steps = job.steps.map((step) =>
    step.index === index ? { ...step, done_at: at, fields: filled(step.fields, values) } : step,
  );
  const status = steps.every((step) => step.done_at !== null) ? 'completed' : 'started';
  result.job = { ...job, steps, status, en_route: false, actual_start: job.actual_start ?? at };
  result.waiting.add(index);
}

function undoStep(result: Expected): void {
  const { job } = result;
  const last = job.steps.findLastIndex((step) => step.done_at !== null);
  if (last < 0) return;
  const steps = job.steps.map((step, index) => (index === last ? { ...step, done_at: null } : step));
  result.job = { ...job, steps, status: last === 0 ? 'assigned' : 'started' };
  result.waiting.delete(last);
}

function filled<F extends { key: string }>(fields: F[], values: FieldValues): F[] {
  return fields.map((field) => (field.key in values ? { ...field, value: values[field.key] } : field));
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What may be pictures among the values: whatever is an id. Ids that are none of this phone's cost nothing. */
export function picturesIn(values: FieldValues): Id[] {
  return Object.values(values)
    .flat()
    .filter((value): value is Id => typeof value === 'string' && UUID.test(value));
}

/** What a refusal takes with it: the rest of the same job's actions build on it. */
export function fallsWith(refused: Entry, entries: Entry[]): Entry[] {
  return entries.filter((entry) => entry.job === refused.job && entry.seq >= refused.seq);
}
