/// A day to plan on: three days from now, on which the demo has nothing, so that every place is known.
import type { APIRequestContext, Locator, Page } from '@playwright/test';
import { Formatter } from '../src/lib/format';
import type { Job } from '../src/lib/protocol';
import { expect } from './fixtures';
import { order } from './jobs';

export const format = new Formatter('Europe/Helsinki', 'en-GB');
const day = format.localDate(Date.now() + 3 * 24 * 3_600_000);
export const thatDay = (time: string): number => format.instant(`${day}T${time}`);
export const PLAN = `/dispatch?date=${day}`;

/** The schedule of that day, with room for the timeline. */
export async function openPlan(page: Page): Promise<void> {
  await page.addInitScript(() => localStorage.setItem('dispatch-hub-map', 'no'));
  await page.goto(PLAN);
  await expect(page.locator('[data-connection="live"]')).toBeVisible();
  await expect(page.locator('[data-line]').nth(3)).toBeVisible();
}

/** A repair on a worker's row, not published. */
export async function planned(
  dispatcher: APIRequestContext,
  customer: APIRequestContext,
  worker: string,
  time: string,
): Promise<Job> {
  const job = await order(customer, 'The tap drips', new Date(thatDay(time)).toISOString());
  await put(dispatcher, job, worker, time);
  return job;
}

export async function put(
  dispatcher: APIRequestContext,
  job: Pick<Job, 'id'>,
  worker: string,
  time: string,
): Promise<void> {
  const answer = await dispatcher.post(`/api/jobs/${job.id}/commands`, {
    data: {
      do: 'allocate',
      worker: await workerId(dispatcher, worker),
      start: new Date(thatDay(time)).toISOString(),
    },
  });
  expect(answer.ok(), await answer.text()).toBe(true);
}

export async function workerId(dispatcher: APIRequestContext, name: string): Promise<string> {
  const { items } = (await (await dispatcher.get('/api/workers?limit=200')).json()) as {
    items: { id: string; name: string }[];
  };
  return items.find((worker) => worker.name === name)!.id;
}

/** A job as the hub has it; instants as numbers. */
export async function asStored(
  as: APIRequestContext,
  job: Pick<Job, 'id'>,
): Promise<Job & { start: number; end: number; minutes: number }> {
  const found = (await (await as.get(`/api/jobs/${job.id}`)).json()) as Job;
  const [start, end] = [found.scheduled_start, found.scheduled_end].map((at) => Date.parse(String(at)));
  return { ...found, start: start!, end: end!, minutes: (end! - start!) / 60_000 };
}

export async function middle(locator: Locator): Promise<{ x: number; y: number }> {
  await locator.scrollIntoViewIfNeeded();
  const box = (await locator.boundingBox())!;
  return { x: box.x + Math.min(box.width / 2, 40), y: box.y + box.height / 2 };
}

/** Pulls from one point to another; `meanwhile` happens with the button still down. */
export async function drag(
  page: Page,
  from: { x: number; y: number },
  to: { x: number; y: number },
  meanwhile?: () => Promise<unknown>,
): Promise<void> {
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move(to.x, to.y, { steps: 12 });
  await expect(page.locator('[data-ghost]')).toBeVisible();
  await meanwhile?.();
  await page.mouse.up();
}
