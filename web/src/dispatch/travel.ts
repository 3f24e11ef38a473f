/// How long it takes to drive from one job to the next: a straight line with a road factor. An estimate that warns, never refuses.
import type { Job } from '../lib/protocol';

const EARTH_M = 6_371_000;
/** Streets are longer than the straight line by this much. */
const ROAD_FACTOR = 1.3;
/** Through a town, stops included. */
const SPEED_KMH = 30;

export interface Point {
  latitude: number;
  longitude: number;
}

/** Metres along the great circle (haversine). */
export function metres(a: Point, b: Point): number {
  const rad = (degrees: number) => (degrees * Math.PI) / 180;
  const [north, east] = [rad(b.latitude - a.latitude), rad(b.longitude - a.longitude)];
  const h =
    Math.sin(north / 2) ** 2 +
    Math.cos(rad(a.latitude)) * Math.cos(rad(b.latitude)) * Math.sin(east / 2) ** 2;
  return 2 * EARTH_M * Math.asin(Math.min(1, Math.sqrt(h)));
}

export function driveMs(a: Point, b: Point): number {
  const km = (metres(a, b) * ROAD_FACTOR) / 1000;
  return (km / SPEED_KMH) * 3_600_000;
}

function points(job: Job): Point[] {
  return job.steps.flatMap(({ address }) =>
    address?.latitude != null && address.longitude != null
      ? [{ latitude: address.latitude, longitude: address.longitude }]
      : [],
  );
}

/** From where `first` ends to where `second` begins; nothing if either is not on the map. */
export function driveBetween(first: Job, second: Job): number | undefined {
  const [from, to] = [points(first).at(-1), points(second)[0]];
  return from && to && driveMs(from, to);
}
