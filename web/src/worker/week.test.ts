import { expect, test } from 'vitest';
import { Formatter } from '../lib/format';
import type { Job } from '../lib/protocol';
import { weekOf } from './week';

const format = new Formatter('Europe/Helsinki', 'en-GB');
const at = (text: string) => format.instant(text);
const known = (members: Partial<Job>) => ({
  job: members as Job,
  waiting: new Set<number>(),
  leaving: false,
});

test('a week begins on Monday, knows days off and keeps each job on its day', () => {
  const row = {
    hours: [[480, 960], [480, 960], null, null, null, null, null] as ([number, number] | null)[],
    absences: [{ from: '2026-03-31', to: '2026-04-02', note: 'Course' }],
  };
  const late = known({ scheduled_start: at('2026-03-30T23:30'), actual_start: null });
  const moved = known({ scheduled_start: at('2026-03-30T10:00'), actual_start: at('2026-04-01T08:00') });
  // The week of the change to summer time.
  const week = weekOf(at('2026-04-05T12:00'), at('2026-03-30T09:00'), row, [late, moved], format);
  expect(week.map(({ date }) => date)).toEqual([
    '2026-03-30',
    '2026-03-31',
    '2026-04-01',
    '2026-04-02',
    '2026-04-03',
    '2026-04-04',
    '2026-04-05',
  ]);
  expect(week.map(({ today }) => today).indexOf(true)).toBe(0);
  expect(week.slice(0, 3).map(({ hours, away }) => hours ?? away)).toEqual([[480, 960], 'Course', 'Course']);
  expect(week.map(({ jobs }) => jobs.length)).toEqual([1, 0, 1, 0, 0, 0, 0]);
});

test('without a row there are days all the same', () => {
  const week = weekOf(at('2026-11-28T12:00'), at('2026-11-28T12:00'), undefined, [], format);
  expect(week[0]).toMatchObject({ date: '2026-11-23', hours: null, away: null });
  expect(week[5]?.today).toBe(true);
});
