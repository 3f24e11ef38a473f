import { expect, test } from 'vitest';
import type { Job } from '../lib/protocol';
import { currentOf, follow, type Window } from './shared';

const job = (id: string, members: Partial<Job>) =>
  ({
    id,
    number: id,
    status: 'assigned',
    en_route: false,
    paused: false,
    actual_start: null,
    ...members,
    customer: { id: 'c', name: `Customer ${id}` },
  }) as Job;
const spans = (windows: Window[]) => windows.map(({ job, from, to }) => [job?.id ?? 'dispatch', from, to]);

test('the customer on the way to sees the worker, else the one at work last, never at a paused job', () => {
  const way = job('way', { en_route: true });
  const first = job('first', { status: 'started', actual_start: 1 });
  const second = job('second', { status: 'started', actual_start: 2 });
  expect(currentOf([first, way, second])?.id).toBe('way');
  expect(currentOf([second, first])?.id).toBe('second');
  expect(currentOf([first, { ...second, paused: true }])?.id).toBe('first');
  expect(currentOf([job('planned', {}), job('done', { status: 'completed' })])).toBeUndefined();
});

test('windows begin and end with duty and with the current job', () => {
  const way = job('a', { en_route: true });
  let windows = follow([], false, way, 1);
  expect(windows).toEqual([]);
  windows = follow(windows, true, undefined, 2);
  windows = follow(windows, true, way, 3);
  expect(follow(windows, true, { ...way, en_route: false, status: 'started' }, 4)).toBe(windows);
  windows = follow(windows, true, job('b', { en_route: true }), 5);
  windows = follow(windows, false, undefined, 6);
  expect(spans(windows)).toEqual([
    ['dispatch', 2, 6],
    ['a', 3, 5],
    ['b', 5, 6],
  ]);
  const day = 24 * 3_600_000;
  expect(spans(follow(windows, true, undefined, 3 * day))).toEqual([['dispatch', 3 * day, null]]);
});
