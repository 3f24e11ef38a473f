import { expect, test } from 'vitest';
import type { FixTuple } from '../lib/protocol';
import { distance_m, fixOf, rateOf, worthKeeping } from './fixes';

const fix = (time: number, latitude: number, longitude = 24.94): FixTuple => [
  time,
  latitude,
  longitude,
  10,
  null,
  null,
  null,
];

test('a moving phone is kept often, a resting one seldom', () => {
  const first = fix(0, 60.17);
  expect(worthKeeping(undefined, first)).toBe(true);
  expect(worthKeeping(first, fix(1_000, 60.18))).toBe(false);
  expect(worthKeeping(first, fix(2_000, 60.1702))).toBe(true);
  expect(worthKeeping(first, fix(10_000, 60.17005))).toBe(false);
  expect(worthKeeping(first, fix(30_000, 60.17))).toBe(true);
});

test('near the job more is kept, with a low battery less', () => {
  const job = { latitude: 60.17, longitude: 24.94 };
  const near = rateOf(fix(0, 60.171), job);
  expect(worthKeeping(fix(0, 60.171), fix(1_000, 60.17106), near)).toBe(true);
  expect(worthKeeping(fix(0, 60.171), fix(1_000, 60.17106), rateOf(fix(0, 60.171), undefined))).toBe(false);
  expect(rateOf(fix(0, 60.18), job)).toEqual(rateOf(fix(0, 60.18), undefined));
  const empty: FixTuple = [0, 60.171, 24.94, 10, null, null, 0.1];
  const saving = rateOf(empty, job);
  expect(worthKeeping(empty, fix(10_000, 60.18), saving)).toBe(false);
  expect(worthKeeping(empty, fix(15_000, 60.18), saving)).toBe(true);
  expect(worthKeeping(empty, fix(60_000, 60.171), saving)).toBe(false);
});

test('a degree of latitude is 111.2 km', () => {
  expect(distance_m(fix(0, 60), fix(0, 61))).toBeCloseTo(111_195, -1);
});

test('what the phone does not know is null, whatever it says', () => {
  const coords = { latitude: 60.1, longitude: 24.9, accuracy: 8, speed: -1, heading: NaN };
  const position = { timestamp: 1_000.4, coords } as unknown as GeolocationPosition;
  expect(fixOf(position, 500, 0.8)).toEqual([1_500, 60.1, 24.9, 8, null, null, 0.8]);
});
