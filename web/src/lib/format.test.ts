import { describe, expect, it } from 'vitest';
import { age, duration, Formatter, initials } from './format';

const helsinki = new Formatter('Europe/Helsinki', 'en-GB');
const utc = (text: string) => Date.parse(`${text}Z`);

describe('the tenant’s zone', () => {
  it('turns local times into instants, summer and winter', () => {
    expect(helsinki.instant('2026-01-15T10:00')).toBe(utc('2026-01-15T08:00:00'));
    expect(helsinki.instant('2026-07-15T10:00')).toBe(utc('2026-07-15T07:00:00'));
    expect(helsinki.localDateTime(utc('2026-07-15T07:00:00'))).toBe('2026-07-15T10:00');
  });

  it('takes the first of two equal times when clocks go back', () => {
    // 25 October 2026, 03:30 happens at UTC+3 and again at UTC+2.
    expect(helsinki.instant('2026-10-25T03:30')).toBe(utc('2026-10-25T00:30:00'));
  });

  it('has a day of 23 and a day of 25 hours', () => {
    const spring = helsinki.instant('2026-03-29');
    const autumn = helsinki.instant('2026-10-25');
    expect(helsinki.addDays(spring, 1) - spring).toBe(23 * 3_600_000);
    expect(helsinki.addDays(autumn, 1) - autumn).toBe(25 * 3_600_000);
  });

  it('moves a time that the clocks skip to after the gap', () => {
    const at = helsinki.instant('2026-03-29T03:30');
    expect(helsinki.localDateTime(at)).toBe('2026-03-29T04:30');
  });

  it('knows weekdays and offsets', () => {
    expect(helsinki.weekday(utc('2026-11-22T23:30:00'))).toBe(1);
    expect(helsinki.offset(utc('2026-11-22T12:00:00'))).toBe('+02:00');
    expect(new Formatter('Asia/Kolkata').offset(0)).toBe('+05:30');
    expect(new Formatter('America/St_Johns').offset(utc('2026-01-01T12:00:00'))).toBe('-03:30');
  });
});

it('says how old something is', () => {
  expect(age(0, 4_000)).toBe('just now');
  expect(age(0, 40_000)).toBe('40 s ago');
  expect(age(0, 180_000)).toBe('3 min ago');
  expect(age(null, 0)).toBe('never');
  expect(age(10_000, 0)).toBe('just now');
});

it('says how long something takes', () => {
  expect([15, 60, 95, 125].map(duration)).toEqual(['15 min', '1 h', '1 h 35', '2 h 05']);
});

it('shortens names', () => {
  expect(['Worker 3', 'Aino Korhonen', 'Cher'].map(initials)).toEqual(['W3', 'AK', 'C']);
});
