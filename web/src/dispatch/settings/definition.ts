/// A job type as its editor holds it, and as it is sent.
import type { FieldKind, Rule, Template } from '../../lib/protocol';

export interface FieldDraft {
  /** Empty for a new one: the hub makes it of the label. */
  key: string;
  label: string;
  kind: FieldKind;
  options: string[];
  worker: Rule;
  portal: Rule;
}

export interface StepDraft {
  name: string;
  address: boolean;
  portal: Rule;
  completes_on_arrival: boolean;
  fields: FieldDraft[];
}

export interface LineDraft {
  code: string;
  description: string;
  quantity: string;
  unit_price: string;
  tax_rate: string;
}

export interface Definition {
  version: string;
  name: string;
  colour: string;
  duration_min: number;
  parts: { requested_start: Rule; asset: Rule; contact: Rule; notes: Rule; copies: number };
  steps: StepDraft[];
  fields: FieldDraft[];
  invoice_lines: LineDraft[];
}

export const KINDS: FieldKind[] = [
  'text',
  'long_text',
  'number',
  'date',
  'time',
  'choice',
  'choices',
  'checkbox',
  'link',
  'photo',
  'signature',
];

export const blankField = (): FieldDraft => ({
  key: '',
  label: '',
  kind: 'text',
  options: [],
  worker: 'optional',
  portal: 'hidden',
});

export const blankStep = (): StepDraft => ({
  name: '',
  address: false,
  portal: 'read_only',
  completes_on_arrival: false,
  fields: [],
});

export const blankLine = (tax_rate = ''): LineDraft => ({
  code: '',
  description: '',
  quantity: '1',
  unit_price: '',
  tax_rate,
});

/** What most jobs are: somewhere to go, and something to do there. */
export const blankDefinition = (): Definition => ({
  version: '',
  name: '',
  colour: '#2563eb',
  duration_min: 60,
  parts: {
    requested_start: 'optional',
    asset: 'optional',
    contact: 'optional',
    notes: 'optional',
    copies: 1,
  },
  steps: [
    { ...blankStep(), name: 'Arrive', address: true, portal: 'required' },
    { ...blankStep(), name: 'Done' },
  ],
  fields: [],
  invoice_lines: [],
});

/** What there is to edit of a type, as dispatchers are told of it. */
export function definitionOf(from: Template): Definition {
  const field = (one: Template['fields'][number]): FieldDraft => ({
    key: one.key,
    label: one.label,
    kind: one.kind,
    options: one.options ?? [],
    worker: one.worker ?? 'optional',
    portal: one.portal ?? 'hidden',
  });
  const { requested_start, asset, contact, notes, copies } = from.parts;
  return {
    version: from.version ?? '',
    name: from.name,
    colour: from.colour,
    duration_min: from.duration_min,
    parts: {
      requested_start: requested_start ?? 'hidden',
      asset: asset ?? 'hidden',
      contact: contact ?? 'hidden',
      notes: notes ?? 'hidden',
      copies,
    },
    steps: from.steps.map((step) => ({
      name: step.name,
      address: step.address,
      portal: step.portal ?? 'hidden',
      completes_on_arrival: step.completes_on_arrival ?? false,
      fields: step.fields.map(field),
    })),
    fields: from.fields.map(field),
    invoice_lines: (from.invoice_lines ?? []).map((line) => ({ ...line })),
  };
}

/** As the hub takes it. People type the comma of their country; the wire knows the point. */
export function sent(draft: Definition): Omit<Definition, 'version'> & { version?: string } {
  const { version, ...rest } = draft;
  const point = (text: string) => text.replace(',', '.');
  const lines = rest.invoice_lines.map((line) => ({
    ...line,
    quantity: point(line.quantity),
    unit_price: point(line.unit_price),
    tax_rate: point(line.tax_rate),
  }));
  return { ...rest, invoice_lines: lines, ...(version && { version }) };
}

/** Moves one item of a list by so many places. */
export function move<T>(list: T[], from: number, by: number): void {
  const [item] = list.splice(from, 1);
  if (item !== undefined) list.splice(from + by, 0, item);
}
