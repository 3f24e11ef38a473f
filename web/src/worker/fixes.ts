/// Which of a phone's positions are worth keeping: often while moving, seldom while at rest. Plain functions.
import type { FixTuple } from '../lib/protocol';

/** How often a position is kept: after so long and so far while moving, and at least so often while at rest. */
export interface Rate {
  moving_ms: number;
  moved_m: number;
  resting_ms: number;
}

const USUAL: Rate = { moving_ms: 2_000, moved_m: 12, resting_ms: 30_000 };
/** Arrivals are seen from near. */
const NEAR: Rate = { moving_ms: 1_000, moved_m: 5, resting_ms: 10_000 };
/** A phone that is soon empty says less for longer. */
const SAVING: Rate = { moving_ms: 15_000, moved_m: 50, resting_ms: 120_000 };
const NEAR_M = 300;
export const LOW_BATTERY = 0.15;
const EARTH_RADIUS_M = 6_371_008.8;

/** A browser's position as the wire wants it; what the phone does not know, or says negatively, is null. */
export function fixOf(
  position: GeolocationPosition,
  clockOffset_ms: number,
  battery: number | null,
): FixTuple {
  const { latitude, longitude, accuracy, speed, heading } = position.coords;
  return [
    Math.round(position.timestamp + clockOffset_ms),
    latitude,
    longitude,
    known(accuracy),
    known(speed),
    known(heading),
    battery,
  ];
}

/** The rate for a fix: closer to where the worker is expected more often, with a low battery less. */
export function rateOf(fix: FixTuple, place: { latitude: number; longitude: number } | undefined): Rate {
  const battery = fix[6];
  if (battery !== null && battery < LOW_BATTERY) return SAVING;
  const near = place !== undefined && apart_m(fix[1], fix[2], place.latitude, place.longitude) <= NEAR_M;
  return near ? NEAR : USUAL;
}

/** Whether a fix says something that the last kept one does not. */
export function worthKeeping(last: FixTuple | undefined, next: FixTuple, rate: Rate = USUAL): boolean {
  if (!last) return true;
  const age_ms = next[0] - last[0];
  if (age_ms >= rate.resting_ms) return true;
  return age_ms >= rate.moving_ms && distance_m(last, next) >= rate.moved_m;
}

/** Between two fixes, metres. */
export const distance_m = (one: FixTuple, other: FixTuple): number =>
  apart_m(one[1], one[2], other[1], other[2]);

/** Great-circle distance (haversine), metres. */
function apart_m(lat_1: number, lon_1: number, lat_2: number, lon_2: number): number {
  const radians = (degrees: number) => (degrees * Math.PI) / 180;
  const latitude = radians(lat_2 - lat_1);
  const longitude = radians(lon_2 - lon_1);
  const half =
    Math.sin(latitude / 2) ** 2 +
    Math.cos(radians(lat_1)) * Math.cos(radians(lat_2)) * Math.sin(longitude / 2) ** 2;
  return 2 * EARTH_RADIUS_M * Math.asin(Math.sqrt(half));
}

function known(value: number | null): number | null {
  return value === null || Number.isNaN(value) || value < 0 ? null : value;
}
