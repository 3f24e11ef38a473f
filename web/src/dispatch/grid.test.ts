import { describe, expect, it } from 'vitest';
import type { Job } from '../lib/protocol';
import {
  byRow,
  fitScale,
  instantAt,
  offsets,
  pack,
  rowAt,
  rowHeight,
  rowsInView,
  widthOf,
  xOf,
} from './grid';
import type { Bar } from './schedule';

const MINUTE = 60_000;
const scale = fitScale({ from: 0, to: 1440 * MINUTE }, { minutes: 30, width: 46 }, 0);
const bar = (id: string, start: number, end: number, row = 'w'): Bar => ({
  job: { id } as Job,
  row,
  start: start * MINUTE,
  end: end * MINUTE,
});

describe('a scale', () => {
  it('is as wide as its slots need, and fills a wider screen', () => {
    expect(widthOf(scale)).toBeCloseTo(48 * 46);
    expect(widthOf(fitScale({ from: 0, to: 1440 * MINUTE }, { minutes: 30, width: 46 }, 4000))).toBeCloseTo(
      4000,
    );
  });
  it('gives instants on the grid and takes them back', () => {
    expect(xOf(scale, 60 * MINUTE)).toBeCloseTo(92);
    expect(instantAt(scale, 92 + 10, 15 * MINUTE, Math.floor)).toBe(60 * MINUTE);
    expect(instantAt(scale, 92 + 20, 15 * MINUTE, Math.round)).toBe(75 * MINUTE);
  });
});

describe('packing', () => {
  const lanes = (bars: Bar[]) =>
    Object.fromEntries(pack(bars, scale).items.map(({ bar, lane }) => [bar.job.id, lane]));
  it('puts what follows beside and what overlaps below', () => {
    expect(lanes([bar('a', 0, 60), bar('b', 60, 120), bar('c', 30, 90)])).toEqual({ a: 0, c: 1, b: 0 });
  });
  it('counts a very short bar as wide as it is drawn', () => {
    expect(lanes([bar('a', 0, 5), bar('b', 6, 60)])).toEqual({ a: 0, b: 1 });
  });
  it('gives the same order for the same times, whatever came first', () => {
    const one = pack([bar('a', 0, 60), bar('b', 0, 60)], scale);
    const other = pack([bar('b', 0, 60), bar('a', 0, 60)], scale);
    expect(one).toEqual(other);
    expect(one.lanes).toBe(2);
  });
});

it('finds the row under a point, and those in view', () => {
  const tops = offsets([rowHeight(0), rowHeight(3), rowHeight(1)]);
  expect(tops[1]).toBe(rowHeight(0));
  expect(rowAt(tops, 0)).toBe(0);
  expect(rowAt(tops, tops[1]!)).toBe(1);
  expect(rowAt(tops, tops[2]! - 1)).toBe(1);
  expect(rowAt(tops, 1e9)).toBe(2);
  expect(rowsInView(tops, 0, 10, 0)).toEqual([0, 1]);
  expect(rowsInView(tops, 0, 10, 1000)).toEqual([0, 3]);
  expect(rowsInView([0], 0, 10, 0)).toEqual([0, 0]);
});

it('keeps the list of a row that did not change', () => {
  const [a, b, c] = [bar('a', 0, 60), bar('b', 0, 60, 'other'), bar('c', 60, 120)];
  const before = byRow([a, b], new Map());
  const after = byRow([a, b, c], before);
  expect(after.get('other')).toBe(before.get('other'));
  expect(after.get('w')).not.toBe(before.get('w'));
});
