/// A one-job link: shared by a dispatcher, opened by somebody without a log-in, live until it is ended.
import type { Page } from '@playwright/test';
import { expect, test } from './fixtures';
import { command, hand, order } from './jobs';
import { readable } from './readable';

/** Shares the open job's link and says its address. */
async function share(desk: Page): Promise<string> {
  const links = desk.locator('[data-links]');
  await links.getByLabel('Valid for').selectOption('7 days');
  await links.getByRole('button', { name: 'Share' }).click();
  return links.locator('[data-link-url]').inputValue();
}

test('a stranger with the link watches the job live on a small phone, until the dispatcher ends it', async ({
  browse,
  as,
}) => {
  const [dispatcher, worker] = [await as('dispatcher'), await as('worker1')];
  const job = await order(await as('customer1'), 'Watched by a neighbour');
  const desk = await browse({ login: 'dispatcher' });
  await desk.goto(`/dispatch?job=${job.id}`);
  const url = await share(desk);
  expect(new URL(url).pathname).toMatch(/^\/t\/[\w-]{43}$/);

  const page = await browse({ screen: 'small_phone' });
  const asked: string[] = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  await page.goto(url);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('The company has received the request');
  await expect(page.locator('[data-connection="live"]')).toBeAttached();
  expect((await page.context().cookies()).length, 'no cookie').toBe(0);

  await hand(dispatcher, job, 'Aino Lehto');
  await command(worker, job, { do: 'accept' });
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('The job is planned');
  await command(worker, job, { do: 'en_route' });
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Aino is on the way');
  await command(worker, job, { do: 'complete_step', step: 0 });
  await expect(page.locator('[data-step="0"]')).toHaveAttribute('data-done', 'true');
  await expect(page.getByText('Invoice')).toHaveCount(0);
  await expect(page.getByText('Safety check'), 'a hidden step').toHaveCount(0);
  await expect(page.locator('[data-map]')).toBeVisible();
  expect(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)).toBe(false);
  expect(asked.filter((path) => path.includes('/invoice'))).toEqual([]);

  await desk
    .locator('[data-links]')
    .getByRole('button', { name: /^End the link/ })
    .click();
  await expect(page.getByText('This link has ended.', { exact: true }).first()).toBeVisible();
  await page.reload();
  await expect(page.getByText('This link has ended.', { exact: true }).first()).toBeVisible();
});

test('the end is shown when the job is called off, and a link that never was looks the same', async ({
  browse,
  as,
}) => {
  const dispatcher = await as('dispatcher');
  const job = await order(await as('customer1'), 'Called off');
  const shared = (await (await dispatcher.post(`/api/jobs/${job.id}/links`, { data: {} })).json()) as {
    url: string;
  };
  const page = await browse({ screen: 'small_phone' });
  await page.goto(shared.url);
  await expect(page.locator('[data-connection="live"]')).toBeAttached();
  await command(dispatcher, job, { do: 'cancel', reason: 'No longer needed' });
  await expect(page.locator('[data-state="ended"]')).toBeVisible();
  await page.goto('/t/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA');
  await expect(page.locator('[data-state="ended"]')).toBeVisible();
});

for (const theme of ['light', 'dark'] as const) {
  test(`the page of a link is readable, ${theme}`, async ({ browse, as }) => {
    const dispatcher = await as('dispatcher');
    const job = await order(await as('customer1'), 'Readable');
    const shared = (await (await dispatcher.post(`/api/jobs/${job.id}/links`, { data: {} })).json()) as {
      url: string;
    };
    const page = await browse({ screen: 'small_phone', theme });
    await page.goto(shared.url);
    await expect(page.locator('[data-connection="live"]')).toBeAttached();
    await readable(page, ['[data-map]']);
    await dispatcher.delete(`/api/jobs/${job.id}`);
    await expect(page.locator('[data-state="ended"]')).toBeVisible();
    await readable(page);
  });
}
