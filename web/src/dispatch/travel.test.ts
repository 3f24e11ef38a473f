import { expect, it } from 'vitest';
import type { Job } from '../lib/protocol';
import { driveBetween, driveMs, metres } from './travel';

const station = { latitude: 60.171, longitude: 24.941 };
const airport = { latitude: 60.3172, longitude: 24.9633 };
const at = (...places: ({ latitude: number; longitude: number } | null)[]) =>
  ({ steps: places.map((place) => ({ address: place && { text: '', ...place } })) }) as unknown as Job;

it('measures along the great circle', () => {
  expect(metres(station, airport) / 1000).toBeCloseTo(16.3, 1);
  expect(metres(station, station)).toBe(0);
  // A quarter of the earth's circumference.
  const quarter = metres({ latitude: 0, longitude: 0 }, { latitude: 0, longitude: 90 });
  expect(quarter / 1000).toBeCloseTo(10_007.5, 0);
});

it('takes streets and the speed of a town into account', () => {
  const minutes = driveMs(station, airport) / 60_000;
  expect(minutes).toBeCloseTo(((metres(station, airport) / 1000) * 1.3 * 60) / 30, 5);
});

it('goes from where one job ends to where the next begins', () => {
  expect(driveBetween(at(airport, station), at(station, airport))).toBe(0);
  expect(driveBetween(at(station, airport), at(station))).toBeGreaterThan(0);
  expect(driveBetween(at(null), at(station))).toBeUndefined();
});
