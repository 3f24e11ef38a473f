import { expect, test } from 'vitest';
import { believed, lengthOf, linesOf, placeAt, stopsOf, type Fix } from './trail';

const MINUTE = 60_000;
const fix = (minute: number, north: number, accuracy_m: number | null = 8): Fix => ({
  at: minute * MINUTE,
  latitude: 60 + north / 111_195,
  longitude: 24,
  accuracy_m,
});

test('whoever stays near for a while has stopped', () => {
  const fixes = [
    fix(0, 0),
    fix(1, 500),
    ...Array.from({ length: 10 }, (_, index) => fix(2 + index, 1000 + (index % 3) * 10)),
    fix(12, 2000),
    fix(13, 3000),
  ];
  const stops = stopsOf(fixes);
  expect(stops).toHaveLength(1);
  expect([stops[0]!.from, stops[0]!.to]).toEqual([2 * MINUTE, 11 * MINUTE]);
  expect(stopsOf([fix(0, 0), fix(4, 10)])).toEqual([]);
  expect(stopsOf([])).toEqual([]);
});

test('the line breaks where nobody knows the way', () => {
  const fixes = [fix(0, 0), fix(1, 100), fix(30, 5000), fix(31, 5100)];
  expect(linesOf(fixes).map((line) => line.length)).toEqual([2, 2]);
  expect(Math.round(lengthOf(fixes))).toBe(200);
});

test('between two fixes somebody is on the way, and in a gap where they were last', () => {
  const fixes = [fix(0, 0), fix(2, 200), fix(60, 9000)];
  expect(placeAt(fixes, MINUTE)!.latitude).toBeCloseTo(fix(1, 100).latitude, 6);
  expect(placeAt(fixes, 30 * MINUTE)!.latitude).toBe(fixes[1]!.latitude);
  expect(placeAt(fixes, -5)!.latitude).toBe(fixes[0]!.latitude);
  expect(placeAt(fixes, 99 * MINUTE)!.latitude).toBe(fixes[2]!.latitude);
  expect(placeAt([], 0)).toBeUndefined();
});

test('what may be far off, or came late, does not spoil it', () => {
  const fixes = believed([fix(5, 0), fix(1, 50), fix(3, 9999, 800), fix(4, 60, null)]);
  expect(fixes.map(({ at }) => at / MINUTE)).toEqual([1, 4, 5]);
});
