/// The matrix of what customers see of a template: its rows, what each cell may be, and what changed. Plain functions.
import type { Rule, Template, TemplateField } from '../../lib/protocol';
import type { VisibilityChange } from './api';
import { s } from './messages';

export const RULES: Rule[] = ['hidden', 'read_only', 'optional', 'required'];
export const PARTS = ['requested_start', 'asset', 'contact', 'notes'] as const;

export interface VisibilityDraft {
  version: string;
  template: Omit<Template, 'version'>;
}

/** A row: reads and writes its cell of the draft, and says where the hub points when it is wrong. */
export interface Row {
  id: string;
  label: string;
  kind: 'part' | 'step' | 'field';
  /** Inside a step. */
  nested: boolean;
  rule: Rule;
  set: (rule: Rule) => void;
  /** Why a rule cannot be chosen here. */
  refused: (rule: Rule) => string | undefined;
  /** What the rule comes to, where that is something else. */
  note: string | undefined;
}

export function rowsOf(draft: VisibilityDraft): { name: string; rows: Row[] }[] {
  const { parts, steps, fields } = draft.template;
  const partRows = PARTS.map((name): Row => ({
    id: `/parts/${name}`,
    label: s.visibility.part_names[name],
    kind: 'part',
    nested: false,
    rule: parts[name] ?? 'hidden',
    set: (rule) => (parts[name] = rule),
    refused: (rule) => (rule === 'read_only' ? s.visibility.no_read_only : undefined),
    note: undefined,
  }));
  const stepRows = steps.flatMap((step, index): Row[] => [
    {
      id: `/steps/${index}/portal`,
      label: s.visibility.step(index, step.name),
      kind: 'step',
      nested: false,
      rule: step.portal ?? 'hidden',
      set: (rule) => (step.portal = rule),
      refused: (rule) =>
        rule === 'required' && !step.address && step.fields.length === 0
          ? s.visibility.no_required
          : rule === 'read_only' && step.fields.some(({ portal }) => portal === 'required')
            ? s.visibility.in_read_only
            : undefined,
      note: undefined,
    },
    ...step.fields.map((field) =>
      fieldRow(field, `/steps/${index}/fields/${field.key}`, step.portal ?? 'hidden'),
    ),
  ]);
  const jobRows = fields.map((field) => fieldRow(field, `/fields/${field.key}`, undefined));
  return [
    { name: s.visibility.parts, rows: partRows },
    { name: s.visibility.steps, rows: stepRows },
    { name: s.visibility.fields, rows: jobRows },
  ].filter(({ rows }) => rows.length > 0);
}

function fieldRow(field: TemplateField, id: string, step: Rule | undefined): Row {
  const locked = step === 'read_only';
  return {
    id,
    label: field.label,
    kind: 'field',
    nested: step !== undefined,
    rule: field.portal ?? 'hidden',
    set: (rule) => (field.portal = rule),
    refused: (rule) => (locked && rule === 'required' ? s.visibility.in_read_only : undefined),
    note:
      step === 'hidden' && field.portal !== 'hidden'
        ? s.visibility.in_hidden
        : locked && field.portal === 'optional'
          ? s.visibility.in_read_only
          : undefined,
  };
}

/** The cells that are others than before. */
export function visibilityChange(before: VisibilityDraft, now: VisibilityDraft): VisibilityChange {
  const [was, is] = [before.template, now.template];
  const parts: VisibilityChange['parts'] = {};
  for (const name of PARTS) if (is.parts[name] !== was.parts[name]) parts[name] = is.parts[name]!;
  if (is.parts.copies !== was.parts.copies) parts.copies = is.parts.copies;
  const steps = is.steps.map((step, index) => ({
    index,
    portal: step.portal!,
    fields: rules(step.fields),
  }));
  return { version: now.version, parts, steps, fields: rules(is.fields) };
}

const rules = (fields: TemplateField[]): Record<string, Rule> =>
  Object.fromEntries(fields.map(({ key, portal }) => [key, portal!]));
