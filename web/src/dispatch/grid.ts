/// The timeline as numbers: where an instant stands, which bars share a row without covering each other, which rows are
/// in view. Plain functions, no page.
import type { Id, Instant } from '../lib/protocol';
import type { Bar } from './schedule';

const MINUTE_MS = 60_000;
/** So wide is a bar at least, however short its job. */
export const LEAST_WIDTH_PX = 22;
export const LANE_PX = 47;
/** A lane of bars in one line each. */
export const COMPACT_PX = 25;
const ROW_LEAST_PX = 60;
const ROW_PAD_PX = 6;

/** How a range of time is drawn. Instants are laid out by elapsed time, so days of 23 and 25 hours stay true. */
export interface Scale {
  from: Instant;
  to: Instant;
  px_per_ms: number;
}

export const xOf = (scale: Scale, at: Instant): number => (at - scale.from) * scale.px_per_ms;
export const widthOf = (scale: Scale): number => xOf(scale, scale.to);

/** The instant under a point, on the grid of `snap_ms` that begins with the range. */
export function instantAt(scale: Scale, x: number, snap_ms: number, round: (n: number) => number): Instant {
  return scale.from + round(x / scale.px_per_ms / snap_ms) * snap_ms;
}

/** Wide enough to fill the screen, never narrower than is readable. */
export function fitScale(
  range: { from: Instant; to: Instant },
  slot: { minutes: number; width: number },
  room_px: number,
): Scale {
  const span = range.to - range.from;
  const slots = span / (slot.minutes * MINUTE_MS);
  return { ...range, px_per_ms: Math.max(slots * slot.width, room_px) / span };
}

/** A bar with its place in its row. */
export interface Placed {
  bar: Bar;
  lane: number;
}

export interface Packed {
  items: Placed[];
  lanes: number;
}

/** Puts each bar into the first lane that is free: what overlaps stands below the other. */
export function pack(bars: readonly Bar[], scale: Scale): Packed {
  const ends: number[] = [];
  const items = [...bars]
    .sort((a, b) => a.start - b.start || a.end - b.end || a.job.id.localeCompare(b.job.id))
    .map((bar) => {
      const left = xOf(scale, bar.start);
      const right = left + Math.max(xOf(scale, bar.end) - left, LEAST_WIDTH_PX);
      const free = ends.findIndex((end) => end <= left + 0.5);
      const lane = free < 0 ? ends.length : free;
      ends[lane] = right;
      return { bar, lane };
    });
  return { items, lanes: ends.length };
}

export function rowHeight(lanes: number, lane_px = LANE_PX): number {
  return Math.max(ROW_LEAST_PX, lanes * lane_px + ROW_PAD_PX);
}

/** Tops of the rows, and at the end the height of all. */
export function offsets(heights: readonly number[]): number[] {
  const tops = [0];
  for (const height of heights) tops.push(tops.at(-1)! + height);
  return tops;
}

/** Index of the row that holds `y`; the last one for what lies below all. */
export function rowAt(tops: readonly number[], y: number): number {
  let [low, high] = [0, tops.length - 2];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (tops[middle]! <= y) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Which rows are to be drawn: those in view and a screenful's part around them. */
export function rowsInView(
  tops: readonly number[],
  top: number,
  height: number,
  around: number,
): [number, number] {
  if (tops.length < 2) return [0, 0];
  return [rowAt(tops, top - around), rowAt(tops, top + height + around) + 1];
}

/** Bars by row. A row whose bars are the same as before keeps its list, so that nothing of it is drawn again. */
export function byRow(
  bars: readonly Bar[],
  before: ReadonlyMap<Id, readonly Bar[]>,
): Map<Id, readonly Bar[]> {
  const rows = new Map<Id, Bar[]>();
  for (const bar of bars) {
    const row = rows.get(bar.row);
    if (row) row.push(bar);
    else rows.set(bar.row, [bar]);
  }
  const kept = new Map<Id, readonly Bar[]>();
  for (const [id, row] of rows) {
    const old = before.get(id);
    kept.set(id, old?.length === row.length && old.every((bar, index) => bar === row[index]) ? old : row);
  }
  return kept;
}
