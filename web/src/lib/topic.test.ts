import { describe, expect, it } from 'vitest';
import type { EventMessage, Job, Snapshot } from './protocol';
import { applyEvent, applyJob, applySnapshot, emptyTopic } from './topic';

const job = (id: string, version = 1): Job => ({ id, version }) as Job;
const part = (jobs: Job[], more: boolean): Snapshot =>
  ({ t: 'snapshot', ref: 1, topic: 'schedule', seq: 7, jobs, more }) as Snapshot;
const event = (kind: EventMessage['kind'], id: string, held: Job | null): EventMessage => ({
  t: 'event',
  topic: 'schedule',
  seq: 8,
  at: 0,
  kind,
  job: held,
  job_id: id,
  by: { kind: 'hub', name: '' },
});

describe('a snapshot in parts', () => {
  it('replaces what is held only with its last part', () => {
    const state = emptyTopic();
    applySnapshot(state, part([job('old')], false));
    applySnapshot(state, part([job('a')], true));
    expect([...state.jobs.keys()]).toEqual(['old']);
    applySnapshot(state, part([job('b')], false));
    expect([...state.jobs.keys()]).toEqual(['a', 'b']);
    expect(state.complete).toBe(true);
  });
});

describe('an event', () => {
  it('adds, changes and removes', () => {
    const state = emptyTopic();
    expect(applyEvent(state, event('job_created', 'a', job('a'))).is).toBe('added');
    expect(applyEvent(state, event('job_edited', 'a', job('a', 2))).is).toBe('changed');
    expect(applyEvent(state, event('job_removed', 'a', null)).is).toBe('removed');
    expect(state.jobs.size).toBe(0);
  });

  it('with an older job leaves the newer one', () => {
    const state = emptyTopic();
    applyJob(state, job('a', 5));
    expect(applyEvent(state, event('job_edited', 'a', job('a', 4))).is).toBe('nothing');
    expect(state.jobs.get('a')?.version).toBe(5);
  });

  it('that repeats the held version is applied: a replay may bring the same one', () => {
    const state = emptyTopic();
    applyJob(state, job('a', 5));
    expect(applyEvent(state, event('job_edited', 'a', job('a', 5))).is).toBe('changed');
  });

  it('without a job and without removal changes nothing', () => {
    const state = emptyTopic();
    applyJob(state, job('a'));
    expect(applyEvent(state, event('job_arrived', 'a', null)).is).toBe('nothing');
    expect(state.jobs.size).toBe(1);
  });
});
