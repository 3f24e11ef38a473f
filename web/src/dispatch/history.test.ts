import { expect, it } from 'vitest';
import { Formatter } from '../lib/format';
import type { JobEvent } from '../lib/protocol';
import { linesOf } from './history';

const format = new Formatter('Europe/Helsinki', 'en-GB');
const noon = format.instant('2026-11-23T12:00');
const event = (changes: { member: string; label?: string; before: unknown; after: unknown }[]) =>
  ({
    detail: { source: 'portal', received_at: 0, changes: changes.map((one) => ({ label: '', ...one })) },
  }) as unknown as JobEvent;

it('says both values in words, whichever way an instant is spelled', () => {
  const lines = linesOf(
    event([
      { member: '/scheduled_start', before: null, after: noon },
      { member: '/scheduled_end', before: null, after: noon + 3_600_000 },
      { member: '/requested_start', before: new Date(noon).toISOString(), after: null },
      { member: '/duration_min', before: 60, after: 90 },
      { member: '/steps/1/fields/safe', label: 'Safe to use', before: null, after: true },
      { member: '/steps/0/address', label: 'Arrive', before: null, after: 'Kaivokatu 1' },
    ]),
    format,
  );
  expect(lines).toEqual([
    { label: 'Planned', before: '–', after: format.dateTime(noon) },
    { label: 'Requested', before: format.dateTime(noon), after: '–' },
    { label: 'Duration', before: '1 h', after: '1 h 30' },
    { label: 'Safe to use', before: '–', after: 'Yes' },
    { label: 'Address: Arrive', before: '–', after: 'Kaivokatu 1' },
  ]);
});

it('has nothing to say of an event without details', () => {
  expect(linesOf({} as JobEvent, format)).toEqual([]);
});
