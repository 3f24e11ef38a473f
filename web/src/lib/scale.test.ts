import { expect, test } from 'vitest';
import { fitted } from './scale';

test('a large photo keeps its proportions within the longest side, a small one stays', () => {
  expect(fitted(4032, 3024)).toEqual({ width: 2048, height: 1536 });
  expect(fitted(3024, 4032)).toEqual({ width: 1536, height: 2048 });
  expect(fitted(40_000, 3)).toEqual({ width: 2048, height: 1 });
  expect(fitted(2048, 2048)).toBeUndefined();
});
