/// What a customer fills in, as one plain value: from a template or a job, and into what is sent to the hub.
import type {
  Address,
  Asset,
  EditJob,
  FieldValue,
  FieldValues,
  Id,
  Job,
  JobField,
  NewJob,
  NewJobStep,
  Rule,
  Template,
} from '../lib/protocol';

export interface DraftStep {
  address: Address | null;
  fields: FieldValues;
}

export interface Draft {
  customer: Id | null;
  copies: number;
  /** "YYYY-MM-DDTHH:MM" in the tenant's zone, or empty. */
  requested_start: string;
  asset: Id | null;
  contact: { name: string; phone: string };
  notes: string;
  steps: DraftStep[];
  fields: FieldValues;
}

/** The form's shape: what a template asks for, or what a job already holds, as far as this caller may see it. */
export interface Form {
  parts: Partial<Template['parts']>;
  /** The asset of a job that exists, which may be put away by now; absent for a new one. */
  held?: Job['asset'];
  steps: FormStep[];
  fields: FormField[];
}

export type FormField = Omit<JobField, 'value'>;

export interface FormStep {
  name: string;
  access: Rule;
  has_address: boolean;
  fields: FormField[];
}

/** The form for a new job. A template comes without what this caller may not see. */
export function formOf(template: Template): Form {
  const field = ({ key, label, kind, options, access }: Template['fields'][number]): FormField => ({
    key,
    label,
    kind,
    access: access ?? 'optional',
    ...(options ? { options } : {}),
  });
  return {
    parts: template.parts,
    steps: template.steps.map((step) => ({
      name: step.name,
      access: step.access ?? 'optional',
      has_address: step.address,
      fields: step.fields.map(field),
    })),
    fields: template.fields.map(field),
  };
}

/** The form for a job that exists; the built-in parts follow its template, if that is still there. */
export function formOfJob(job: Job, template: Template | undefined): Form {
  const { copies: _, ...parts } = template?.parts ?? {};
  return { parts, held: job.asset, steps: job.steps, fields: job.fields };
}

export function blank(form: Form): Draft {
  return {
    customer: null,
    copies: 1,
    requested_start: '',
    asset: null,
    contact: { name: '', phone: '' },
    notes: '',
    steps: form.steps.map((step) => ({ address: null, fields: empty(step.fields) })),
    fields: empty(form.fields),
  };
}

export function ofJob(job: Job, localDateTime: (at: number) => string): Draft {
  const values = (fields: Job['fields']) => Object.fromEntries(fields.map(({ key, value }) => [key, value]));
  return {
    customer: job.customer.id,
    copies: 1,
    requested_start: job.requested_start === null ? '' : localDateTime(job.requested_start),
    asset: job.asset?.id ?? null,
    contact: { name: job.contact?.name ?? '', phone: job.contact?.phone ?? '' },
    notes: job.notes ?? '',
    steps: job.steps.map((step) => ({ address: step.address, fields: values(step.fields) })),
    fields: values(job.fields),
  };
}

/** Whether a draft kept on the device still fits the form, which may have changed since. */
export function fits(draft: Draft, form: Form): boolean {
  return draft.steps.length === form.steps.length;
}

/** Whether this caller has anything to fill in at the step. */
export function hasInputs(step: FormStep): boolean {
  if (step.access === 'read_only') return false;
  return step.has_address || step.fields.some(({ access }) => access !== 'read_only');
}

/** Whether anything is filled in there already. */
export function isFilled(step: DraftStep | undefined): boolean {
  return step !== undefined && (step.address !== null || Object.values(step.fields).some(filled));
}

/** The asset's address becomes that of the first step that has one, unless something else was written there. */
export function withAsset(draft: Draft, form: Form, asset: Asset | undefined, before?: Asset): Draft {
  const first = form.steps.findIndex((step) => step.has_address);
  const untouched = (step: DraftStep) =>
    step.address === null || (before !== undefined && step.address.text === before.address?.text);
  const steps = draft.steps.map((step, index) =>
    index === first && untouched(step) && asset?.address ? { ...step, address: asset.address } : step,
  );
  return { ...draft, asset: asset?.id ?? null, steps };
}

/** The files that a draft names. */
export function filesOf(form: Form, draft: Draft): Id[] {
  const of = (fields: FormField[], values: FieldValues = {}) =>
    fields
      .filter(({ kind }) => kind === 'photo' || kind === 'signature')
      .flatMap(({ key }) => values[key] ?? [])
      .filter((id) => typeof id === 'string');
  return [
    ...of(form.fields, draft.fields),
    ...form.steps.flatMap((step, index) => of(step.fields, draft.steps[index]?.fields)),
  ];
}

/** What is required and empty, by the pointer the hub would use. */
export function missing(form: Form, draft: Draft, customers: number): string[] {
  const found: string[] = [];
  if (customers > 1 && draft.customer === null) found.push('/customer');
  if (form.parts.requested_start === 'required' && draft.requested_start === '')
    found.push('/requested_start');
  if (form.parts.asset === 'required' && draft.asset === null) found.push('/asset');
  if (form.parts.contact === 'required' && !draft.contact.name.trim() && !draft.contact.phone.trim())
    found.push('/contact');
  if (form.parts.notes === 'required' && !draft.notes.trim()) found.push('/notes');
  form.steps.forEach((step, index) => {
    const drafted = draft.steps[index];
    if (step.access === 'required' && step.has_address && !drafted?.address?.text.trim())
      found.push(`/steps/${index}/address/text`);
    if (step.access !== 'read_only')
      found.push(...unfilled(step.fields, drafted?.fields, `/steps/${index}/fields`));
  });
  found.push(...unfilled(form.fields, draft.fields, '/fields'));
  return found;
}

/** A new job as the hub wants it. Every step is named, so that a pointer's index is the step's. */
export function newJob(template: Id, form: Form, draft: Draft): NewJob {
  const { parts } = form;
  const job: NewJob = { template, steps: steps(form, draft), fields: written(form.fields, draft.fields) };
  if (draft.customer !== null) job.customer = draft.customer;
  if (draft.copies > 1) job.copies = draft.copies;
  if (writable(parts.requested_start) && draft.requested_start !== '')
    job.requested_start = draft.requested_start;
  if (writable(parts.asset) && draft.asset !== null) job.asset = draft.asset;
  const contact = { name: draft.contact.name.trim(), phone: draft.contact.phone.trim() };
  if (writable(parts.contact) && contact.name + contact.phone !== '') job.contact = contact;
  if (writable(parts.notes) && draft.notes.trim() !== '') job.notes = draft.notes.trim();
  return job;
}

/** Only what differs; nothing when nothing does. */
export function changes(form: Form, before: Draft, after: Draft): EditJob | undefined {
  const edit: EditJob = {};
  if (
    writable(form.parts.requested_start) &&
    after.requested_start !== before.requested_start &&
    after.requested_start
  )
    edit.requested_start = after.requested_start;
  if (writable(form.parts.asset) && after.asset !== before.asset) edit.asset = after.asset;
  if (writable(form.parts.contact) && !same(after.contact, before.contact)) edit.contact = after.contact;
  if (writable(form.parts.notes) && after.notes !== before.notes) edit.notes = after.notes;
  if (!same(after.steps, before.steps)) edit.steps = steps(form, after, before);
  const fields = written(form.fields, after.fields, before.fields);
  if (Object.keys(fields).length > 0) edit.fields = fields;
  return Object.keys(edit).length > 0 ? edit : undefined;
}

function steps(form: Form, draft: Draft, before?: Draft): NewJobStep[] {
  return form.steps.map((step, index) => {
    const drafted = draft.steps[index] ?? { address: null, fields: {} };
    const sent: NewJobStep = { index };
    if (step.access === 'read_only') return sent;
    const held = before?.steps[index];
    if (step.has_address && !same(drafted.address, held?.address ?? null)) {
      sent.address = drafted.address ?? { text: '' };
    }
    const fields = written(step.fields, drafted.fields, held?.fields);
    if (Object.keys(fields).length > 0) sent.fields = fields;
    return sent;
  });
}

/** The values that this caller may write and has written. */
function written(fields: FormField[], values: FieldValues, before?: FieldValues): FieldValues {
  const result: FieldValues = {};
  for (const { key, access } of fields) {
    const value = values[key] ?? null;
    if (access === 'read_only' || same(value, before?.[key] ?? null)) continue;
    result[key] = value;
  }
  return result;
}

function unfilled(fields: FormField[], values: FieldValues = {}, pointer: string): string[] {
  return fields
    .filter(({ access, key }) => access === 'required' && !filled(values[key]))
    .map(({ key }) => `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`);
}

/** The hub counts an unticked box as empty, too. */
const filled = (value: FieldValue | undefined): boolean =>
  typeof value === 'string'
    ? value.trim() !== ''
    : Array.isArray(value)
      ? value.length > 0
      : value !== null && value !== undefined && value !== false;

const empty = (fields: FormField[]): FieldValues => Object.fromEntries(fields.map(({ key }) => [key, null]));
const writable = (rule: Rule | undefined): boolean => rule === 'optional' || rule === 'required';
const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);
