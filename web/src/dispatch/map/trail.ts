/// A worker's day from their recorded fixes: where they stopped, and where they were at a moment.
import type { TrackFix } from '../../gen/TrackFix';
import { request } from '../../lib/http';
import type { Id, Instant, Page } from '../../lib/protocol';

export interface Fix extends Pick<TrackFix, 'latitude' | 'longitude' | 'accuracy_m'> {
  at: Instant;
}

export interface Stop {
  from: Instant;
  to: Instant;
  latitude: number;
  longitude: number;
}

/** What the map shows of it. */
export interface Trail {
  lines: [number, number][][];
  stops: Stop[];
  cursor: { latitude: number; longitude: number } | undefined;
}

/** Whoever stays this near for this long has stopped. */
const STOP_M = 80;
const STOP_MS = 5 * 60_000;
/** Between two fixes further apart nobody knows the way. */
export const GAP_MS = 10 * 60_000;
/** A fix that may be this wrong is left out. */
const ACCURATE_M = 100;

const METRES_PER_DEGREE = 111_195;

export function metres(
  one: Pick<Fix, 'latitude' | 'longitude'>,
  other: Pick<Fix, 'latitude' | 'longitude'>,
): number {
  const north = (other.latitude - one.latitude) * METRES_PER_DEGREE;
  const east =
    (other.longitude - one.longitude) *
    METRES_PER_DEGREE *
    Math.cos(((one.latitude + other.latitude) / 2) * (Math.PI / 180));
  return Math.hypot(north, east);
}

/** What was recorded of a worker between two instants. */
export async function track(worker: Id, from: Instant, to: Instant): Promise<Fix[]> {
  const fixes: Fix[] = [];
  let after: Instant | string | null = null;
  do {
    const query = { from, to, after };
    const page: Page<Fix> = await request('GET', `/api/workers/${worker}/track`, { query });
    fixes.push(...page.items);
    after = page.next;
  } while (after);
  return fixes;
}

/** The fixes that say where somebody was, in order. */
export function believed(fixes: Fix[]): Fix[] {
  return fixes
    .filter(({ accuracy_m }) => accuracy_m === null || accuracy_m <= ACCURATE_M)
    .toSorted((a, b) => a.at - b.at);
}

/** Where somebody stayed. */
export function stopsOf(fixes: Fix[]): Stop[] {
  const stops: Stop[] = [];
  for (let first = 0; first < fixes.length;) {
    const start = fixes[first]!;
    let last = first;
    while (last + 1 < fixes.length && metres(start, fixes[last + 1]!) <= STOP_M) last++;
    const stay = fixes.slice(first, last + 1);
    const to = stay.at(-1)!.at;
    if (to - start.at >= STOP_MS) {
      const mean = (pick: (fix: Fix) => number) =>
        stay.reduce((sum, fix) => sum + pick(fix), 0) / stay.length;
      stops.push({
        from: start.at,
        to,
        latitude: mean((fix) => fix.latitude),
        longitude: mean((fix) => fix.longitude),
      });
      first = last + 1;
    } else {
      first++;
    }
  }
  return stops;
}

/** Lines to draw: broken where nobody knows the way. */
export function linesOf(fixes: Fix[]): [number, number][][] {
  const lines: [number, number][][] = [];
  let before: Fix | undefined;
  for (const fix of fixes) {
    if (!before || fix.at - before.at > GAP_MS) lines.push([]);
    lines.at(-1)!.push([fix.longitude, fix.latitude]);
    before = fix;
  }
  return lines.filter((line) => line.length > 1);
}

/** Where somebody was at a moment: between two fixes, or at the one before a gap. */
export function placeAt(fixes: Fix[], at: Instant): { latitude: number; longitude: number } | undefined {
  let low = 0;
  let high = fixes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (fixes[middle]!.at <= at) low = middle + 1;
    else high = middle;
  }
  const [before, after] = [fixes[low - 1], fixes[low]];
  if (!before) return after;
  if (!after || after.at - before.at > GAP_MS) return before;
  const part = (at - before.at) / (after.at - before.at);
  return {
    latitude: before.latitude + (after.latitude - before.latitude) * part,
    longitude: before.longitude + (after.longitude - before.longitude) * part,
  };
}

/** How far somebody went, metres. */
export function lengthOf(fixes: Fix[]): number {
  return linesOf(fixes).reduce((sum, line) => {
    for (let index = 1; index < line.length; index++) {
      const [from, to] = [line[index - 1]!, line[index]!];
      sum += metres({ longitude: from[0], latitude: from[1] }, { longitude: to[0], latitude: to[1] });
    }
    return sum;
  }, 0);
}
