/// What differs between two versions of a job, in words; and what somebody typed, put on top of the newer one.
import type { Draft, Form, FormField } from './draft';
import { words } from './messages';
import type { FieldValue, Job } from '../lib/protocol';

export interface Difference {
  label: string;
  was: string;
  now: string;
}

interface Words {
  dateTime: (at: number) => string;
}

/** Each thing that a customer can read in the job and that is not as it was. */
export function differences(before: Job, after: Job, format: Words): Difference[] {
  const facts = (job: Job): [label: string, text: string][] => [
    [words.job.requested, job.requested_start === null ? '' : format.dateTime(job.requested_start)],
    [words.job.planned, job.scheduled_start === null ? '' : format.dateTime(job.scheduled_start)],
    [words.job.asset, job.asset?.name ?? ''],
    [words.job.contact, [job.contact?.name, job.contact?.phone].filter(Boolean).join(', ')],
    [words.job.notes, job.notes ?? ''],
    ...job.steps.flatMap((step): [string, string][] => [
      [`${step.name}, ${words.form.address}`, step.address?.text ?? ''],
      ...step.fields.map((field): [string, string] => [`${step.name}, ${field.label}`, text(field.value)]),
    ]),
    ...job.fields.map((field): [string, string] => [field.label, text(field.value)]),
  ];
  const was = new Map(facts(before));
  return facts(after)
    .filter(([label, now]) => (was.get(label) ?? '') !== now)
    .map(([label, now]) => ({
      label,
      was: was.get(label) || words.form.nothing,
      now: now || words.form.nothing,
    }));
}

/** The newer version with everything that was typed in the older one: what was not touched is as it now is. */
export function rebased(form: Form, before: Draft, typed: Draft, newer: Draft): Draft {
  const pick = <T>(was: T, mine: T, now: T): T => (same(was, mine) ? now : mine);
  const fields = (was: Draft['fields'], mine: Draft['fields'], now: Draft['fields']): Draft['fields'] =>
    Object.fromEntries(
      Object.keys(now).map((key) => [key, pick(was[key] ?? null, mine[key] ?? null, now[key] ?? null)]),
    );
  return {
    ...newer,
    requested_start: pick(before.requested_start, typed.requested_start, newer.requested_start),
    asset: pick(before.asset, typed.asset, newer.asset),
    contact: pick(before.contact, typed.contact, newer.contact),
    notes: pick(before.notes, typed.notes, newer.notes),
    steps: form.steps.map((_, index) => {
      const [was, mine, now] = [before.steps[index], typed.steps[index], newer.steps[index]];
      if (!was || !mine || !now) return now ?? { address: null, fields: {} };
      return {
        address: pick(was.address, mine.address, now.address),
        fields: fields(was.fields, mine.fields, now.fields),
      };
    }),
    fields: fields(before.fields, typed.fields, newer.fields),
  };
}

/** What somebody typed that is not as it was, under the names of the form. */
export function typed(form: Form, before: Draft, after: Draft): { label: string; text: string }[] {
  const facts = (draft: Draft): [label: string, text: string][] => [
    [words.job.requested, draft.requested_start.replace('T', ' ')],
    [words.job.contact, [draft.contact.name, draft.contact.phone].filter(Boolean).join(', ')],
    [words.job.notes, draft.notes],
    ...form.steps.flatMap((step, index): [string, string][] => [
      [`${step.name}, ${words.form.address}`, draft.steps[index]?.address?.text ?? ''],
      ...fields(step.fields, draft.steps[index]?.fields, `${step.name}, `),
    ]),
    ...fields(form.fields, draft.fields, ''),
  ];
  // A file's id says nothing to anybody.
  const fields = (shape: FormField[], values: Draft['fields'] = {}, before: string): [string, string][] =>
    shape
      .filter(({ kind }) => kind !== 'photo' && kind !== 'signature')
      .map(({ key, label }) => [before + label, text(values[key] ?? null)]);
  const was = new Map(facts(before));
  return facts(after)
    .filter(([label, text]) => text !== was.get(label))
    .map(([label, text]) => ({ label, text: text || words.form.nothing }));
}

function text(value: FieldValue): string {
  if (value === null) return '';
  return Array.isArray(value) ? value.join(', ') : String(value);
}

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);
