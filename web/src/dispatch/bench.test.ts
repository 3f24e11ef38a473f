import { expect, it } from 'vitest';
import type { Job } from '../lib/protocol';
import { choices, isFiltered, passes, readFilter, writeFilter, type BenchFilter } from './bench';

const job = (members: Partial<Job> = {}) =>
  ({
    id: 'j',
    number: 'J-1',
    status: 'unassigned',
    source: 'portal',
    is_new: false,
    requested_start: 1000,
    template: { id: 't', name: 'Repair', colour: '' },
    customer: { id: 'c', name: 'Bakery' },
    steps: [],
    ...members,
  }) as unknown as Job;
const none: BenchFilter = { text: '', type: null, customer: null, late: false, fresh: false };

it.each<[string, Partial<BenchFilter>, Partial<Job>, boolean]>([
  ['nothing asked', {}, {}, true],
  ['its type', { type: 't' }, {}, true],
  ['another type', { type: 'x' }, {}, false],
  ['another customer', { customer: 'x' }, {}, false],
  ['late', { late: true }, {}, true],
  ['not late yet', { late: true }, { requested_start: 3000 }, false],
  ['late without a time', { late: true }, { requested_start: null }, false],
  ['new', { fresh: true }, { is_new: true }, true],
  ['seen', { fresh: true }, {}, false],
  ['text', { text: 'bake' }, {}, true],
  ['text and type', { text: 'bake', type: 'x' }, {}, false],
])('%s', (_, filter, members, expected) => {
  expect(passes(job(members), { ...none, ...filter }, 2000)).toBe(expected);
});

it('lives in the address', () => {
  const filter = { text: 'tap', type: 't', customer: 'c', late: true, fresh: true };
  const query = new URLSearchParams(writeFilter(filter) as Record<string, string>);
  expect(readFilter(query)).toEqual(filter);
  expect(writeFilter(none)).toEqual({ q: null, type: null, customer: null, late: null, new: null });
  expect(isFiltered(none)).toBe(false);
  expect(isFiltered(filter)).toBe(true);
});

it('offers what there is, by name and once', () => {
  const jobs = [job(), job(), job({ template: { id: 'a', name: 'Alarm', colour: '' } })];
  expect(choices(jobs, 'template').map(({ name }) => name)).toEqual(['Alarm', 'Repair']);
});
