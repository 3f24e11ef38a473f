import { expect, test } from 'vitest';
import { Formatter } from '../lib/format';
import { asWish, byDay, wished } from './times';

const time = (text: string) => ({ start: Date.parse(text), end: Date.parse(text) + 1_800_000 });

test('times stand in the days of the company, whoever looks', () => {
  // 23:30 and 0:30 in Helsinki, on one day in London.
  const times = [time('2026-11-24T21:30:00Z'), time('2026-11-24T22:30:00Z'), time('2026-11-25T08:00:00Z')];
  const days = byDay(times, new Formatter('Europe/Helsinki', 'en-GB'));
  expect(days.map(({ date, times }) => [date, times.length])).toEqual([
    ['2026-11-24', 1],
    ['2026-11-25', 2],
  ]);
  expect(days[0]!.title).toBe('Tuesday 24 November');
});

test('a chosen time is kept as an instant', () => {
  const at = Date.parse('2026-10-25T00:30:00Z');
  expect(wished(asWish(at))).toBe(at);
  expect(wished('2026-10-25T03:30')).toBeUndefined();
  expect(wished('')).toBeUndefined();
});
