/// Live views change from the frames alone: while a hundred events arrive, no page asks the hub for anything.
import type { Page } from '@playwright/test';
import { expect, test } from './fixtures';
import { command, hand, order } from './jobs';
import { format } from './plan';

const EVENTS = 100;

test('a hundred events cost no request', async ({ browse, as }) => {
  const customer = await as('customer1');
  const dispatcher = await as('dispatcher');
  const worker = await as('worker1');
  const job = await order(customer, 'The heating is cold');
  const start = await hand(dispatcher, job, 'Aino Lehto');
  await command(worker, job, { do: 'accept' });
  await command(worker, job, { do: 'complete_step', step: 0 });

  const portal = await browse({ login: 'customer1' });
  await portal.goto(`/p/demo/jobs/${job.id}`);
  await expect(portal.getByRole('heading', { level: 1 })).toHaveText('Work is under way');
  await expect(portal.locator('[data-event="job_started"]')).toBeVisible();
  const desk = await browse({ login: 'dispatcher' });
  await desk.goto(`/dispatch?date=${format.localDate(start)}`);
  const bar = desk.locator(`[data-bar][data-number="${job.number}"]`);
  await expect(bar).toHaveAttribute('data-status', 'started');
  const phone = await browse({ login: 'worker1', screen: 'phone' });
  await phone.goto('/worker');
  const card = phone.locator(`[data-job="${job.number}"]`);
  await expect(card).toBeVisible();
  for (const page of [portal, desk, phone])
    await expect(page.locator('[data-connection="live"]')).toBeAttached();

  const asked = [portal, desk, phone].map(requestsOf);
  for (let event = 0; event < EVENTS; event += 2) {
    await command(dispatcher, job, { do: 'pause' });
    await command(dispatcher, job, { do: 'resume' });
  }
  await command(dispatcher, job, { do: 'cancel', reason: 'Enough' });

  await expect(portal.getByRole('heading', { level: 1 })).toHaveText('This job was cancelled');
  await expect(portal.locator('[data-event="job_resumed"]')).not.toHaveCount(0);
  await expect(bar).toHaveAttribute('data-status', 'cancelled');
  await expect(card).toHaveCount(0);
  expect(asked).toEqual([[], [], []]);
});

/** The paths of the hub's API that a page asks for from now on. */
function requestsOf(page: Page): string[] {
  const paths: string[] = [];
  page.on('request', (request) => {
    const { pathname } = new URL(request.url());
    if (pathname.startsWith('/api/')) paths.push(pathname);
  });
  return paths;
}
