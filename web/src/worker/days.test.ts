import { expect, test } from 'vitest';
import type { Job } from '../lib/protocol';
import { days } from './days';
import { navigateTo } from './place';

const localDate = (at: number) => (at < 100 ? '2026-11-21' : '2026-11-22');
const known = (status: string, scheduled_start: number | null, en_route = false) => ({
  job: { status, scheduled_start, en_route } as Job,
  waiting: new Set<number>(),
  leaving: false,
});

test('the list leads with what is under way, then what wants an answer', () => {
  const jobs = [
    known('completed', 1),
    known('assigned', 2),
    known('pending', 150),
    known('started', 3),
    known('assigned', 200),
    known('assigned', 4, true),
  ];
  const sections = days(jobs, '2026-11-21', localDate);
  expect(sections.map(({ name, jobs }) => [name, jobs.length])).toEqual([
    ['now', 2],
    ['to_answer', 1],
    ['today', 1],
    ['coming', 1],
    ['done', 1],
  ]);
});

test('the phone’s own map app is asked to lead there', () => {
  const place = { text: 'Keskuskatu 1', latitude: 60.169, longitude: 24.942 };
  expect(navigateTo(place, 'Android')).toBe('geo:60.169,24.942?q=60.169,24.942(Keskuskatu%201)');
  expect(navigateTo(place, 'iPhone')).toBe('maps://?daddr=60.169,24.942&q=Keskuskatu%201');
  expect(navigateTo({ ...place, latitude: null }, 'Android')).toBe('geo:0,0?q=Keskuskatu%201');
});
