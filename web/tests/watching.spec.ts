/// Watching a job: the list that changes by itself, search as one types, the page of a job with map, arrival and history, and paper.
import type { Page } from '@playwright/test';
import { expect, STATION, test } from './fixtures';
import { command, hand, order } from './jobs';
import { readable } from './readable';

const WORKER = 'Aino Lehto';

test('the list changes by itself, narrows down as one types, and keeps its filters in the address', async ({
  browse,
  as,
}) => {
  const customer = await as('customer1');
  const job = await order(customer, 'A tap that drips');
  const page = await browse({ login: 'customer1' });
  await page.goto('/p/demo');
  const line = page.locator(`[data-job="${job.number}"]`);
  await expect(line).toContainText('Unassigned');

  await test.step('a change comes in and draws the eye', async () => {
    await hand(await as('dispatcher'), job, WORKER);
    await expect(line).toContainText('Pending');
    await expect(line).toContainText('planned');
    await expect(line).toHaveClass(/glow/);
  });

  await test.step('search asks while one types, and only the last answer counts', async () => {
    const search = page.getByLabel('Search jobs');
    await search.pressSequentially(job.number.toLowerCase(), { delay: 15 });
    await expect(page.locator('[data-jobs] [data-job]')).toHaveCount(1);
    await expect(search).toBeFocused();
    for (const q of ['keskuskatu', 'repair', 'arrive']) {
      await search.fill(q);
      await expect(page).toHaveURL(new RegExp(`q=${q}`));
      await expect(line).toBeVisible();
    }
    // The first answer is held back until the second is there: it must not push that away.
    const second = page.waitForResponse((response) => response.url().includes(`q=${job.number}`));
    await page.route(/q=zzz/, async (route) => {
      await second;
      await route.fulfill({ json: { items: [], next: null } }).catch(() => undefined);
    });
    const first = page.waitForRequest(/q=zzz/);
    await search.fill('zzz');
    await first;
    await search.fill(job.number);
    await second;
    await expect(line).toBeVisible();
    await search.fill('safety check');
    // A step that is hidden from the portal.
    await expect(page.getByText('No job matches this.')).toBeVisible();
    await page.getByRole('link', { name: 'Show all jobs' }).click();
  });

  await test.step('days and customers', async () => {
    const today = new Date(Date.now() + 3_600_000).toLocaleDateString('sv-SE', {
      timeZone: 'Europe/Helsinki',
    });
    await page.getByLabel('From').fill(today);
    await page.getByLabel('To', { exact: true }).fill(today);
    await expect(page).toHaveURL(new RegExp(`from=${today}.*to=${today}`));
    await expect(line).toBeVisible();
    await page.getByLabel('To', { exact: true }).fill('2020-01-01');
    await expect(line).toHaveCount(0);
    await page.goBack();
    await expect(line).toBeVisible();
    const customers = page.getByLabel('Customer');
    const own = job.customer.name;
    await customers.selectOption(own);
    await expect(line).toBeVisible();
    const [other] = (await customers.locator('option').allTextContents()).filter(
      (name) => name !== own && name !== 'All customers',
    );
    await customers.selectOption(other!);
    await expect(line).toHaveCount(0);
    await page.reload();
    await expect(customers).toHaveValue(/.+/);
    await expect(line).toHaveCount(0);
  });
});

test('on the way: map, arrival, steps, history, and the page on paper', async ({ browse, as }) => {
  const job = await order(await as('customer1'), 'A lamp that flickers');
  const dispatcher = await as('dispatcher');
  await hand(dispatcher, job, WORKER);
  const phone = await browse({ login: 'worker1', screen: 'phone' });
  await phone.goto('/worker');
  await command(await as('worker1'), job, { do: 'accept' });
  const duty = phone.getByRole('switch');
  if ((await duty.getAttribute('aria-checked')) !== 'true') await duty.click();

  const page = await browse({ login: 'customer1' });
  await page.goto('/p/demo');
  await page.getByRole('link', { name: `Show ${job.number} on the map` }).click();
  await expect(page.locator('[data-map] [data-pin]')).toBeVisible();
  await expect(page.getByRole('link', { name: /^Call / })).toHaveAttribute('href', /^tel:/);
  await expect(page.getByText('The worker shows up here as soon as they are on the way.')).toBeVisible();

  await command(await as('worker1'), job, { do: 'en_route' });
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Aino is on the way');
  const marker = page.locator('[data-worker]');
  await expect(async () => {
    const latitude = STATION.latitude + 0.02 + Math.random() * 0.001;
    await phone.context().setGeolocation({ latitude, longitude: STATION.longitude, accuracy: 40 });
    await expect(marker).toBeVisible({ timeout: 3_000 });
  }).toPass();
  await expect(page.locator('[data-eta]')).toContainText('Expected about');
  await expect(page.locator('[data-eta]')).toContainText('Estimated from the distance');
  await expect(page.getByText(/Aino’s position is from/)).toBeVisible();

  await test.step('the map of all jobs has it too', async () => {
    await page.getByRole('link', { name: 'Map', exact: true }).click();
    await expect(page.locator(`[data-pin="${job.id}"]`)).toBeVisible();
    await expect(page.locator('[data-worker]')).toBeVisible();
    await expect(page.locator('main li', { hasText: job.number })).toContainText('Expected about');
    await page.locator('main li', { hasText: job.number }).getByRole('link').click();
  });

  await command(await as('worker1'), job, { do: 'complete_step', step: 0 });
  await expect(page.locator('[data-step="0"]')).toHaveAttribute('data-done', 'true');
  await expect(page.locator('[data-eta]')).toHaveCount(0);
  const history = page.locator('[data-history]');
  await expect(history.locator('li').first()).toContainText('Work started: Arrive');
  await expect(history.locator('li').first()).toContainText('Aino');
  await expect(history).not.toContainText('Lehto');
  await expect(history).toContainText('the company');

  await test.step('paper: everything that matters, and no buttons', async () => {
    await page.emulateMedia({ media: 'print' });
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await expect(page.getByText(/As of/)).toBeVisible();
    await expect(page.getByRole('button', { name: 'Print' })).toBeHidden();
    await expect(page.getByRole('banner')).toBeHidden();
    for (const format of ['A4', 'Letter'] as const) {
      const pdf = await page.pdf({ format });
      expect(pdf.byteLength).toBeGreaterThan(5_000);
    }
    await page.emulateMedia({ media: 'screen' });
  });
});

test('by keyboard alone from the list to a job and back', async ({ browse, as }) => {
  const job = await order(await as('customer1'), 'A door that jams');
  const page = await browse({ login: 'customer1' });
  await page.goto(`/p/demo?q=${job.number}`);
  await expect(page.locator('[data-jobs] [data-job]')).toHaveCount(1);
  await tabTo(page, job.number);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('We have received your request');
  await tabTo(page, 'Delete');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await page.goBack();
  await expect(page.getByLabel('Search jobs')).toHaveValue(job.number);
});

for (const theme of ['light', 'dark'] as const) {
  test(`list, job and map on a small phone, ${theme}`, async ({ browse, as }) => {
    const job = await order(await as('customer1'), 'A pipe that leaks');
    const page = await browse({ login: 'customer1', screen: 'small_phone', theme });
    for (const [path, shows] of [
      ['/p/demo', `[data-job="${job.number}"]`],
      [`/p/demo/jobs/${job.id}`, 'main h1'],
      ['/p/demo/map', `[data-pin="${job.id}"]`],
    ] as const) {
      await page.goto(path);
      await expect(page.locator(shows)).toBeVisible();
      await readable(page, ['.maplibregl-map']);
    }
    await page.goto('/p/demo');
    const line = page.locator(`[data-job="${job.number}"]`);
    for (const target of await line.getByRole('button').all()) {
      expect((await target.boundingBox())!.height).toBeGreaterThanOrEqual(48);
    }
  });
}

/** Tabs until the element with this text has the focus. */
async function tabTo(page: Page, text: string): Promise<void> {
  await expect(async () => {
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent?.trim() ?? '')).toContain(text);
  }).toPass({ intervals: [1] });
}
