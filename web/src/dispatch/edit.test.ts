import { describe, expect, it } from 'vitest';
import type { Job } from '../lib/protocol';
import { bodyOf, collides, differs, likeness, pathOf, valueAt, type Typed } from './edit';

const place = { text: 'Kaivokatu 1', latitude: 60.17, longitude: 24.94 };
const job = (members: Partial<Job> = {}) =>
  ({
    version: 7,
    requested_start: 1000,
    duration_min: 60,
    notes: null,
    internal_notes: '',
    asset: { id: 'a', type: 'Boiler', name: 'Boiler 3' },
    contact: { name: 'Ada', phone: '' },
    fields: [{ key: 'problem', kind: 'text', value: 'It drips' }],
    steps: [
      { index: 0, address: place, done_at: null, fields: [] },
      { index: 1, address: null, done_at: null, fields: [{ key: 'cause', kind: 'choice', value: null }] },
    ],
    ...members,
  }) as unknown as Job;

it.each([
  ['requested_start', 1000],
  ['asset', 'a'],
  ['contact/name', 'Ada'],
  ['contact/phone', null],
  ['notes', null],
  ['fields/problem', 'It drips'],
  ['steps/0/address', place],
  ['steps/1/fields/cause', null],
])('%s is read from the job', (path, value) => {
  expect(valueAt(job(), path)).toEqual(value);
});

describe('what comes in while somebody types', () => {
  const typed: Typed = { value: 'It floods', seen: 'It drips' };
  const changed = (value: string) => job({ fields: [{ key: 'problem', kind: 'text', value }] as never });
  it('does not collide while it changes something else, or to the same', () => {
    expect(collides(job({ notes: 'New' }), 'fields/problem', typed)).toBe(false);
    expect(collides(changed('It floods'), 'fields/problem', typed)).toBe(false);
    expect(differs(changed('It floods'), 'fields/problem', typed)).toBe(false);
  });
  it('collides when it changes what is typed', () => {
    expect(collides(changed('It pours'), 'fields/problem', typed)).toBe(true);
  });
});

it('sends only what differs, steps in order, with the version that is on the screen', () => {
  const typed = new Map<string, Typed>([
    ['steps/1/fields/cause', { value: 'Wear', seen: null }],
    ['steps/0/address', { value: null, seen: place }],
    ['contact/phone', { value: '+358 1', seen: null }],
    ['notes', { value: null, seen: null }],
    ['asset', { value: null, seen: 'a' }],
    ['fields/problem', { value: 'It floods', seen: 'It drips' }],
  ]);
  expect(bodyOf(job(), typed)).toEqual({
    version: 7,
    steps: [
      { index: 0, address: { text: '' } },
      { index: 1, fields: { cause: 'Wear' } },
    ],
    contact: { name: 'Ada', phone: '+358 1' },
    asset: null,
    fields: { problem: 'It floods' },
  });
});

it.each([
  ['/notes', 'notes'],
  ['/contact/phone', 'contact/phone'],
  ['/fields/problem', 'fields/problem'],
  ['/steps/0/address/latitude', 'steps/2/address'],
  ['/steps/1/fields/cause', 'steps/5/fields/cause'],
])('a refusal at %s belongs to the input %s', (pointer, path) => {
  expect(pathOf(pointer, { steps: [{ index: 2 }, { index: 5 }] })).toBe(path);
});

it('takes over what a copy needs, and not what the worker found out', () => {
  const done = job();
  done.steps[1] = {
    ...done.steps[1]!,
    done_at: 5,
    fields: [{ key: 'cause', kind: 'choice', value: 'Wear' }] as never,
  };
  expect(likeness(done)).toEqual({
    requested: 1000,
    addresses: { 0: place },
    values: { problem: 'It drips' },
  });
});
