/// Jobs made and moved through the API, for journeys that begin in the middle.
import type { APIRequestContext } from '@playwright/test';
import type { Command, FieldValues, Job, Template } from '../src/lib/protocol';
import { expect } from './fixtures';

/** Over HTTP instants are text. */
type Sent<T> = { [K in keyof T]: K extends 'start' | 'end' ? string : T[K] };
type WireCommand = Command extends infer C ? (C extends Command ? Sent<C> : never) : never;

/** A repair, ordered by a customer. */
export async function order(
  customer: APIRequestContext,
  problem: string,
  requested_start?: string,
): Promise<Job> {
  return orderOf(customer, 'Repair', { problem }, requested_start);
}

/** A job of a type whose first step has an address. */
export async function orderOf(
  customer: APIRequestContext,
  type: string,
  fields: FieldValues,
  requested_start?: string,
): Promise<Job> {
  const { caller } = await read<{ caller: { customers: { id: string }[] } }>(customer, '/api/me');
  const { items } = await read<{ items: Template[] }>(customer, '/api/templates');
  const template = items.find(({ name }) => name === type)!;
  const answer = await customer.post('/api/jobs', {
    data: {
      template: template.id,
      customer: caller.customers[0]!.id,
      steps: [{ index: 0, address: { text: 'Keskuskatu 3, Helsinki', latitude: 60.169, longitude: 24.942 } }],
      fields,
      requested_start,
    },
  });
  expect(answer.status(), await answer.text()).toBe(201);
  return ((await answer.json()) as { jobs: Job[] }).jobs[0]!;
}

/** Puts it on a worker's row, an hour from now, and publishes it. Returns when that is: late in the evening, it is tomorrow. */
export async function hand(dispatcher: APIRequestContext, job: Job, worker: string): Promise<number> {
  const { items } = await read<{ items: { id: string; name: string }[] }>(
    dispatcher,
    '/api/workers?limit=200',
  );
  const { id } = items.find(({ name }) => name === worker)!;
  const start = Date.now() + 3_600_000;
  await command(dispatcher, job, { do: 'allocate', worker: id, start: new Date(start).toISOString() });
  await command(dispatcher, job, { do: 'publish' });
  return start;
}

export async function command(as: APIRequestContext, job: Job, body: WireCommand): Promise<void> {
  const answer = await as.post(`/api/jobs/${job.id}/commands`, { data: body });
  expect(answer.ok(), `${body.do}: ${await answer.text()}`).toBe(true);
}

async function read<T>(as: APIRequestContext, path: string): Promise<T> {
  const answer = await as.get(path);
  expect(answer.ok(), path).toBe(true);
  return (await answer.json()) as T;
}
