import { expect, test } from 'vitest';
import type { Job } from '../lib/protocol';
import { differences, rebased } from './differences';
import { formOfJob, ofJob } from './draft';

const format = { dateTime: (at: number) => `day ${at}` };
const job = (more: Partial<Job> = {}): Job =>
  ({
    id: 'a',
    customer: { id: 'c', name: 'Bakery' },
    requested_start: 1,
    scheduled_start: null,
    asset: null,
    contact: null,
    notes: 'Ring twice',
    steps: [
      {
        index: 0,
        name: 'Visit',
        access: 'required',
        has_address: true,
        address: { text: 'Keskuskatu 1', latitude: null, longitude: null },
        fields: [{ key: 'floor', label: 'Floor', kind: 'number', access: 'optional', value: 2 }],
      },
    ],
    fields: [],
    ...more,
  }) as unknown as Job;

test('what changed is said in words, with what it was', () => {
  expect(differences(job(), job(), format)).toEqual([]);
  const changed = differences(job(), job({ requested_start: 2, notes: '' }), format);
  expect(changed).toEqual([
    { label: 'Requested start', was: 'day 1', now: 'day 2' },
    { label: 'Notes', was: 'Ring twice', now: 'empty' },
  ]);
});

test('what was typed stays on top of what changed meanwhile', () => {
  const local = (at: number) => `local ${at}`;
  const form = formOfJob(job(), undefined);
  const before = ofJob(job(), local);
  const typed = structuredClone(before);
  typed.steps[0]!.fields.floor = 5;
  const newer = ofJob(job({ notes: 'The bell works now', requested_start: 9 }), local);
  const result = rebased(form, before, typed, newer);
  expect(result.steps[0]!.fields.floor).toBe(5);
  expect([result.notes, result.requested_start]).toEqual(['The bell works now', 'local 9']);
});
