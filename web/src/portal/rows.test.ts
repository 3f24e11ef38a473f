import { expect, test } from 'vitest';
import type { Job } from '../lib/protocol';
import { rows, type ListFilter } from './rows';

const all: ListFilter = {
  q: '',
  status: null,
  template: null,
  customer: null,
  from: null,
  to: null,
  sort: 'number',
  descending: true,
};
const utcDay = (at: number) => new Date(at).toISOString().slice(0, 10);
const job = (number: number, more: Partial<Job> = {}): Job =>
  ({
    id: `id-${number}`,
    number: `J-${number}`,
    version: 1,
    status: 'unassigned',
    template: { id: 'drain', name: 'Drain' },
    customer: { id: 'c', name: 'Bakery' },
    date: { at: number, kind: 'requested' },
    ...more,
  }) as Job;
const live = (...jobs: Job[]) => new Map(jobs.map((one) => [one.id, one]));
const numbers = (list: Job[]) => list.map((one) => Number(one.number.slice(2)));

test('a new job comes in on top, a changed one in place', () => {
  const list = rows(
    [job(2), job(1)],
    live(job(3), job(1, { version: 2, status: 'assigned' })),
    new Set(),
    all,
    false,
    utcDay,
  );
  expect(numbers(list)).toEqual([3, 2, 1]);
  expect(list[2]!.status).toBe('assigned');
});

test('an answer that is newer than the live copy stays', () => {
  const list = rows(
    [job(1, { version: 4, status: 'started' })],
    live(job(1, { version: 3 })),
    new Set(),
    all,
    false,
    utcDay,
  );
  expect(list[0]!.status).toBe('started');
});

test('what is gone, and what the filter does not want, is not shown', () => {
  const jobs = [job(3), job(2, { status: 'completed' }), job(1)];
  expect(
    numbers(rows(jobs, live(), new Set(['id-3']), { ...all, status: 'unassigned' }, false, utcDay)),
  ).toEqual([1]);
});

test('only the hub searches: nothing joins a search by itself', () => {
  expect(numbers(rows([job(1)], live(job(2)), new Set(), { ...all, q: 'drain' }, false, utcDay))).toEqual([
    1,
  ]);
});

test('jobs that would stand beyond the fetched page wait for it', () => {
  const list = rows([job(9), job(8)], live(job(10), job(3)), new Set(), all, true, utcDay);
  expect(numbers(list)).toEqual([10, 9, 8]);
});

test('sorts by date both ways', () => {
  const jobs = [job(1), job(2), job(3, { date: null })];
  expect(
    numbers(rows(jobs, live(), new Set(), { ...all, sort: 'date', descending: false }, false, utcDay)),
  ).toEqual([1, 2, 3]);
  expect(
    numbers(rows(jobs, live(), new Set(), { ...all, sort: 'date', descending: true }, false, utcDay)),
  ).toEqual([3, 2, 1]);
});

test('both days of a range count, and what has no date is on no day', () => {
  const at = (day: string) => ({ at: Date.parse(`${day}T12:00:00Z`), kind: 'requested' as const });
  const jobs = [
    job(1, { date: at('2026-11-20') }),
    job(2, { date: at('2026-11-22') }),
    job(3, { date: at('2026-11-23') }),
    job(4, { date: null }),
  ];
  const days = { ...all, from: '2026-11-20', to: '2026-11-22' };
  expect(numbers(rows([], live(...jobs), new Set(), days, false, utcDay))).toEqual([2, 1]);
  expect(numbers(rows([], live(...jobs), new Set(), { ...all, customer: 'another' }, false, utcDay))).toEqual(
    [],
  );
});
