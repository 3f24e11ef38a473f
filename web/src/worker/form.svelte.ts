/// What the worker has typed into a job's forms and not sent yet; it survives a reload and a dead battery.
import type { FieldValue, FieldValues, Id, Job, JobField } from '../lib/protocol';
import type { Entry } from './outbox';

/** `job` is the form of the job as a whole, a number that of a step. */
export type FormName = 'job' | number;

const keyOf = (job: Id) => `dispatch-hub-form/${job}`;
const open = new Map<Id, FormValues>();

/** Puts what was typed for refused actions back into the forms that it came from. What was typed since stays. */
export function giveBack(lost: Entry[]): void {
  for (const { job, act } of lost) {
    if (act.do === 'edit') FormValues.of(job).restore('job', act.fields);
    if (act.do === 'complete_step' && act.fields) FormValues.of(job).restore(act.step, act.fields);
  }
}

export class FormValues {
  /** The one of a job: whoever types and whoever gives back mean the same. */
  static of(job: Id): FormValues {
    let values = open.get(job);
    if (!values) open.set(job, (values = new FormValues(job)));
    return values;
  }

  #key: string;
  #values = $state<Record<string, FieldValues>>({});
  errors = $state.raw(new Map<string, string>());

  constructor(job: Id) {
    this.#key = keyOf(job);
    try {
      this.#values = JSON.parse(localStorage.getItem(this.#key) ?? '{}');
    } catch {
      this.#values = {};
    }
  }

  value(form: FormName, field: JobField): FieldValue {
    const typed = this.#values[form]?.[field.key];
    return typed === undefined ? field.value : typed;
  }

  type(form: FormName, key: string, value: FieldValue): void {
    this.#values[form] = { ...this.#values[form], [key]: value };
    this.errors = new Map([...this.errors].filter(([name]) => name !== `${form}/${key}`));
    localStorage.setItem(this.#key, JSON.stringify(this.#values));
  }

  restore(form: FormName, fields: FieldValues): void {
    this.#values[form] = { ...fields, ...this.#values[form] };
    localStorage.setItem(this.#key, JSON.stringify(this.#values));
  }

  /** The typed values that differ from what the job holds. */
  changed(form: FormName, fields: JobField[]): FieldValues {
    // The phone's database keeps plain values only.
    const typed = $state.snapshot(this.#values[form]) ?? {};
    const differs = ({ key, value }: JobField) =>
      key in typed && JSON.stringify(typed[key]) !== JSON.stringify(value);
    return Object.fromEntries(fields.filter(differs).map(({ key }) => [key, typed[key] ?? null]));
  }

  /** Names of required fields that are still empty: "0/meter", "job/key". */
  unfilled(form: FormName, fields: JobField[]): string[] {
    return fields
      .filter((field) => field.access === 'required' && isEmpty(this.value(form, field)))
      .map(({ key }) => `${form}/${key}`);
  }

  sent(form: FormName): void {
    this.#values = Object.fromEntries(Object.entries(this.#values).filter(([name]) => name !== String(form)));
    localStorage.setItem(this.#key, JSON.stringify(this.#values));
  }
}

/** The hub counts an unticked box as empty, too. */
function isEmpty(value: FieldValue): boolean {
  if (typeof value === 'string') return value.trim() === '';
  return value === null || value === false || (Array.isArray(value) && value.length === 0);
}

/** The step that is next, if any is left. */
export function nextStep(job: Job): Job['steps'][number] | undefined {
  return job.steps.find((step) => step.done_at === null);
}
