/// What a map can show of jobs and workers, whoever asks for it.
import { age } from '../format';
import { texts } from '../messages';
import type { Instant, Job, JobStatus, Position } from '../protocol';

export interface Pin {
  /** Unique on the map. */
  id: string;
  /** The job to open. */
  job: string;
  latitude: number;
  longitude: number;
  status: JobStatus | null;
  label: string;
  fresh?: boolean;
  late?: boolean;
  done?: boolean;
}

export interface MapWorker extends Position {
  name: string;
}

/** A place on somebody's way. */
export interface Mark {
  id: string;
  latitude: number;
  longitude: number;
  label: string;
  /** Where they were at the moment that is looked at. */
  now?: boolean;
}

/** After this long without a fix a marker fades and says how old it is. */
export const STALE_MS = 2 * 60_000;

/** One pin per geocoded step of a job. */
export function pinsOf(job: Job): Pin[] {
  const pins: Pin[] = [];
  for (const step of job.steps) {
    if (step.address?.latitude == null || step.address.longitude == null) continue;
    const word = job.status === null ? '' : texts.status[job.status];
    pins.push({
      id: `${job.id}/${step.index}`,
      job: job.id,
      latitude: step.address.latitude,
      longitude: step.address.longitude,
      status: job.status,
      label: `${texts.map.job(job.number, word)}: ${step.name}`,
      fresh: job.is_new && job.source === 'portal',
      done: step.done_at !== null,
    });
  }
  return pins;
}

/** A pin for the next open step only, else the last one: one pin per job. */
export function pinOf(job: Job): Pin | undefined {
  const pins = pinsOf(job);
  const pin = pins.find((candidate) => !candidate.done) ?? pins.at(-1);
  return pin && { ...pin, id: job.id };
}

export function workerLabel(worker: MapWorker, now: Instant): string {
  return texts.map.worker(`${worker.name}, ${texts.duty[worker.status]}`, age(worker.at, now));
}
