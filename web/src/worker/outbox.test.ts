import { describe, expect, test } from 'vitest';
import type { Job } from '../lib/protocol';
import { expected, fallsWith, type Act, type Entry } from './outbox';

const job = {
  id: 'job',
  status: 'pending',
  paused: false,
  en_route: false,
  actual_start: null,
  can: { accept: true },
  fields: [{ key: 'order', value: null }],
  steps: [
    { index: 0, done_at: null, fields: [{ key: 'meter', value: null }] },
    { index: 1, done_at: null, fields: [] },
  ],
} as unknown as Job;

const entries = (...acts: Act[]): Entry[] =>
  acts.map((act, index) => ({
    seq: index + 1,
    id: `id-${index}`,
    job: 'job',
    number: 'J-1',
    act,
    at: 1000 + index,
  }));

describe('what waits is laid over what the hub last said', () => {
  test('a whole day offline: accepted, driven, both steps done', () => {
    const acts = entries(
      { do: 'accept' },
      { do: 'en_route' },
      { do: 'complete_step', step: 0, fields: { meter: 42 } },
      { do: 'edit', fields: { order: 'A-7' } },
      { do: 'complete_step', step: 1 },
    );
    const { job: seen, waiting } = expected(job, acts);
    expect(seen.status).toBe('completed');
    expect(seen.en_route).toBe(false);
    expect(seen.actual_start).toBe(1002);
    expect(seen.steps.map((step) => step.done_at)).toEqual([1002, 1004]);
    expect(seen.steps[0]!.fields[0]!.value).toBe(42);
    expect(seen.fields[0]!.value).toBe('A-7');
    expect([...waiting]).toEqual([0, 1]);
  });

  test('undoing the only step leads back to assigned', () => {
    const { job: seen, waiting } = expected(
      job,
      entries({ do: 'accept' }, { do: 'complete_step', step: 0 }, { do: 'undo_step' }),
    );
    expect(seen.status).toBe('assigned');
    expect(waiting.size).toBe(0);
  });

  test('a step the hub already knows is not waiting', () => {
    const known = {
      ...job,
      status: 'started',
      steps: [{ ...job.steps[0]!, done_at: 5 }, job.steps[1]!],
    } as Job;
    const { job: seen, waiting } = expected(known, entries({ do: 'complete_step', step: 0 }));
    expect(seen.steps[0]!.done_at).toBe(5);
    expect(waiting.size).toBe(0);
  });

  test('a declined job is on its way out', () => {
    expect(expected(job, entries({ do: 'decline', reason: 'no time' })).leaving).toBe(true);
  });

  test('other jobs are left alone', () => {
    expect(expected({ ...job, id: 'other' }, entries({ do: 'accept' })).job.status).toBe('pending');
  });
});

test('a refusal takes the rest of its job with it, and nothing else', () => {
  const [first, second, third] = entries({ do: 'accept' }, { do: 'en_route' }, { do: 'pause' });
  const other = { ...third!, seq: 4, job: 'other' };
  expect(fallsWith(second!, [first!, second!, third!, other])).toEqual([second, third]);
});
