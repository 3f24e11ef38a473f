import { describe, expect, test } from 'vitest';
import type { Template } from '../lib/protocol';
import { blank, changes, fits, formOf, missing, newJob, withAsset } from './draft';

const template: Template = {
  id: 'drain',
  name: 'Blocked drain',
  colour: '#2563eb',
  duration_min: 60,
  parts: { requested_start: 'required', notes: 'optional', copies: 1 },
  steps: [
    {
      name: 'Visit',
      address: true,
      access: 'required',
      fields: [{ key: 'floor', label: 'Floor', kind: 'number', access: 'required' }],
    },
    {
      name: 'Report',
      address: false,
      access: 'read_only',
      fields: [{ key: 'found', label: 'Found', kind: 'text', access: 'required' }],
    },
  ],
  archived: false,
  fields: [
    { key: 'what', label: 'What', kind: 'text', access: 'required' },
    { key: 'contract', label: 'Contract', kind: 'text', access: 'read_only' },
  ],
};
const form = formOf(template);
const address = { text: 'Keskuskatu 1', latitude: 60.1, longitude: 24.9 };

function filledIn() {
  const draft = blank(form);
  draft.requested_start = '2026-11-23T09:30';
  draft.steps[0]!.address = address;
  draft.steps[0]!.fields.floor = 3;
  draft.fields.what = 'Kitchen sink';
  return draft;
}

describe('what is missing is named by the hub’s pointer', () => {
  test('everything required, nothing that only the company fills in', () => {
    expect(missing(form, blank(form), 2)).toEqual([
      '/customer',
      '/requested_start',
      '/steps/0/address/text',
      '/steps/0/fields/floor',
      '/fields/what',
    ]);
  });
  test('nothing once it is filled in; zero is a number', () => {
    const draft = filledIn();
    draft.steps[0]!.fields.floor = 0;
    expect(missing(form, draft, 1)).toEqual([]);
  });
});

test('a new job names every step, so that a pointer’s index is the step’s', () => {
  expect(newJob('drain', form, filledIn())).toEqual({
    template: 'drain',
    requested_start: '2026-11-23T09:30',
    steps: [{ index: 0, address, fields: { floor: 3 } }, { index: 1 }],
    fields: { what: 'Kitchen sink' },
  });
});

test('an edit sends what differs, and nothing when nothing does', () => {
  const before = filledIn();
  expect(changes(form, before, filledIn())).toBeUndefined();
  const after = filledIn();
  after.steps[0]!.fields.floor = 4;
  after.notes = 'Ring twice';
  expect(changes(form, before, after)).toEqual({
    notes: 'Ring twice',
    steps: [{ index: 0, fields: { floor: 4 } }, { index: 1 }],
  });
});

test('the asset’s address becomes the job’s, unless one is there', () => {
  const asset = {
    id: 'boiler',
    name: 'Boiler',
    type: 'Heating',
    customer: 'bakery',
    serial: null,
    address,
    fields: [],
    photo: null,
  };
  expect(withAsset(blank(form), form, asset).steps[0]!.address).toEqual(address);
  const own = { ...address, text: 'Elsewhere 2' };
  const draft = filledIn();
  draft.steps[0]!.address = own;
  expect(withAsset(draft, form, asset).steps[0]!.address).toEqual(own);
});

test('a draft of a form that has changed since does not fit', () => {
  expect(fits({ ...blank(form), steps: [] }, form)).toBe(false);
});
