/// The members of a job that a dispatcher edits, by path: how they read from a job, and how what was typed is sent.
import type { Address, Contact, EditJob, FieldValue, Id, Instant, Job, NewJobStep } from '../lib/protocol';

/** `notes`, `contact/name`, `fields/<key>`, `steps/<index>/address`, `steps/<index>/fields/<key>` … */
export type Path = string;
export type Value = FieldValue | Address;

/** What was typed, and what the job said when typing began. */
export interface Typed {
  value: Value;
  seen: Value;
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);

export function valueAt(job: Job, path: Path): Value {
  const [head, second, third, fourth] = path.split('/');
  const field = (fields: Job['fields'], key: string | undefined) =>
    fields.find((one) => one.key === key)?.value ?? null;
  switch (head) {
    case 'requested_start':
      return job.requested_start;
    case 'duration_min':
      return job.duration_min;
    case 'asset':
      return job.asset?.id ?? null;
    case 'contact':
      return (second === 'name' ? job.contact?.name : job.contact?.phone) || null;
    case 'notes':
      return job.notes || null;
    case 'internal_notes':
      return job.internal_notes || null;
    case 'fields':
      return field(job.fields, second);
    case 'steps': {
      const step = job.steps.find((one) => one.index === Number(second));
      return third === 'address' ? (step?.address ?? null) : field(step?.fields ?? [], fourth);
    }
    default:
      return null;
  }
}

/** Typed, and different from what the job says. */
export const differs = (job: Job, path: Path, typed: Typed | undefined): boolean =>
  typed !== undefined && !same(typed.value, valueAt(job, path));

/** The job has changed under what was typed, and to something else. */
export const collides = (job: Job, path: Path, typed: Typed | undefined): boolean =>
  typed !== undefined && !same(valueAt(job, path), typed.seen) && differs(job, path, typed);

/** What is to be sent for all that was typed. Steps are sent in the order of their index. */
export function bodyOf(job: Job, typed: ReadonlyMap<Path, Typed>): EditJob {
  const body: Record<string, unknown> = { version: job.version };
  const steps = new Map<number, NewJobStep>();
  const stepOf = (index: number): NewJobStep => {
    let step = steps.get(index);
    if (!step) steps.set(index, (step = { index }));
    return step;
  };
  for (const [path, { value }] of typed) {
    if (!differs(job, path, typed.get(path))) continue;
    const [head, second, third, fourth] = path.split('/');
    switch (head) {
      case 'contact': {
        const before = (body.contact as Contact | undefined) ?? {
          name: job.contact?.name ?? '',
          phone: job.contact?.phone ?? '',
        };
        body.contact = { ...before, [second!]: value ?? '' };
        break;
      }
      case 'fields':
        body.fields = { ...(body.fields as object | undefined), [second!]: value };
        break;
      case 'steps': {
        const step = stepOf(Number(second));
        // An empty text takes an address away; null would leave it.
        if (third === 'address') step.address = (value as Address | null) ?? { text: '' };
        else step.fields = { ...step.fields, [fourth!]: value as FieldValue };
        break;
      }
      default:
        body[head!] = value;
    }
  }
  if (steps.size > 0) body.steps = [...steps.values()].sort((a, b) => a.index - b.index);
  return body as EditJob;
}

/** Which input a refusal points at: steps are counted in the order they were sent. */
export function pathOf(pointer: string, sent: EditJob): Path {
  const parts = pointer.slice(1).split('/');
  if (parts[0] === 'steps') {
    const index = sent.steps?.[Number(parts[1])]?.index;
    if (parts[2] === 'address') return `steps/${index}/address`;
    return ['steps', index, ...parts.slice(2)].join('/');
  }
  return parts.join('/').replaceAll('~1', '/').replaceAll('~0', '~');
}

/** The assets that a job of this customer may be about. */
export type AssetChoice = { id: Id; name: string };

/** What a new job takes over from one that it shall be like: everything but the plan and what was done. */
export interface Likeness {
  requested: Instant | null;
  addresses: Record<number, Address | null>;
  values: Record<string, FieldValue>;
}

export function likeness(job: Job): Likeness {
  const values: Record<string, FieldValue> = {};
  const addresses: Record<number, Address | null> = {};
  const kept = (fields: Job['fields']) =>
    fields.filter(({ kind, value }) => kind !== 'photo' && kind !== 'signature' && value !== null);
  for (const field of kept(job.fields)) values[field.key] = field.value;
  for (const step of job.steps) {
    if (step.address) addresses[step.index] = { ...step.address };
    // What the worker found out belongs to the old job.
    if (step.done_at !== null) continue;
    for (const field of kept(step.fields)) values[`${step.index}/${field.key}`] = field.value;
  }
  return { requested: job.requested_start, addresses, values };
}
