/// Which of a phone's positions are worth keeping: often while moving, seldom while at rest. Plain functions.
import type { FixTuple } from '../lib/protocol';

const MOVED_M = 12;
const MOVING_MS = 2_000;
const RESTING_MS = 30_000;
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

/** Whether a fix says something that the last kept one does not. */
export function worthKeeping(last: FixTuple | undefined, next: FixTuple): boolean {
  if (!last) return true;
  const age_ms = next[0] - last[0];
  if (age_ms >= RESTING_MS) return true;
  return age_ms >= MOVING_MS && distance_m(last, next) >= MOVED_M;
}

/** Great-circle distance (haversine), metres. */
export function distance_m(one: FixTuple, other: FixTuple): number {
  const radians = (degrees: number) => (degrees * Math.PI) / 180;
  const latitude = radians(other[1] - one[1]);
  const longitude = radians(other[2] - one[2]);
  const half =
    Math.sin(latitude / 2) ** 2 +
    Math.cos(radians(one[1])) * Math.cos(radians(other[1])) * Math.sin(longitude / 2) ** 2;
  return 2 * EARTH_RADIUS_M * Math.asin(Math.sqrt(half));
}

function known(value: number | null): number | null {
  return value === null || Number.isNaN(value) || value < 0 ? null : value;
}
