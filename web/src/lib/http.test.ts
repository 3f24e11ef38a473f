import { expect, it } from 'vitest';
import { inward, newKey, outward } from './http';

it('turns instants into milliseconds on the way in', () => {
  const body = {
    requested_start: '2026-11-22T10:00:00.000Z',
    date: { at: '2026-11-22T12:00:00+02:00', kind: 'requested' },
    fields: [{ key: 'start', value: '2026-11-22' }],
    name: '2026-11-22T10:00:00Z',
    steps: [{ done_at: null }],
  };
  expect(inward(body)).toEqual({
    requested_start: 1795341600000,
    date: { at: 1795341600000, kind: 'requested' },
    fields: [{ key: 'start', value: '2026-11-22' }],
    name: '2026-11-22T10:00:00Z',
    steps: [{ done_at: null }],
  });
});

it('turns them back on the way out, but never the values of fields', () => {
  const body = {
    scheduled_start: 1795341600000,
    duration_min: 30,
    fields: { start: 5 },
    requested_start: '2026-11-22T10:00',
  };
  expect(outward(body)).toEqual({
    scheduled_start: '2026-11-22T10:00:00.000Z',
    duration_min: 30,
    fields: { start: 5 },
    requested_start: '2026-11-22T10:00',
  });
});

it('makes keys that are UUIDs', () => {
  expect(newKey()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});
