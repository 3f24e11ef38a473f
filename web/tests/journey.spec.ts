/// The story of a job, as three people live it: ordered, planned, done; nobody reloads a page, and a power cut loses nothing.
import type { Locator, Page } from '@playwright/test';
import { expect, PASSWORD, STATION, test } from './fixtures';

const WORKER = 'Aino Lehto';
const MINUTE_MS = 60_000;

/** When the customer would like it: on the next half hour that is at least an hour away. */
const REQUESTED = Math.ceil((Date.now() + 60 * MINUTE_MS) / (30 * MINUTE_MS)) * 30 * MINUTE_MS;

/** "2026-11-21T14:30" in the company's zone. */
function localTime(at: number): string {
  const parts = new Intl.DateTimeFormat('sv-SE', {
    timeZone: 'Europe/Helsinki',
    dateStyle: 'short',
    timeStyle: 'short',
  });
  return parts.format(at).replace(' ', 'T');
}

test('a job from the customer’s phone to done, and through a power cut', async ({ hub, browse }) => {
  test.setTimeout(240_000);
  const customer = await browse({ screen: 'phone' });
  const dispatcher = await browse();
  const phone = await browse({ screen: 'phone' });

  await test.step('everybody logs in', async () => {
    await customer.goto('/p/demo');
    await logIn(customer, 'customer1');
    await expect(customer.getByRole('heading', { name: 'Jobs' })).toBeVisible();
    // The day of the job: late in the evening, that is tomorrow.
    await dispatcher.goto(`/dispatch?date=${localTime(REQUESTED).slice(0, 10)}`);
    await logIn(dispatcher, 'dispatcher');
    await expect(dispatcher.locator('[data-connection="live"]')).toBeVisible();
    await phone.goto('/worker');
    await logIn(phone, 'worker1');
    await expect(phone.locator('[data-connection="live"]')).toBeVisible();
  });
  for (const page of [customer, dispatcher, phone]) await staysOpen(page);

  const number = await test.step('the customer orders a repair', async () => {
    await customer.getByRole('link', { name: 'New job' }).click();
    await customer.getByRole('link', { name: /^Repair/ }).click();
    await customer.getByLabel('For whom?').selectOption({ index: 1 });
    await customer.getByLabel('When would you like it?').fill(localTime(REQUESTED));
    await customer.getByLabel('What is wrong?').fill('The tap in the kitchen drips');
    const address = customer.getByRole('combobox', { name: 'Address' }).first();
    await address.fill('Keskuskatu');
    await customer.getByRole('listbox').getByRole('option').first().click();
    await expect(customer.getByText('Found on the map').first()).toBeVisible();
    await customer.getByRole('button', { name: 'Send request' }).dblclick();
    const page = customer.locator('[data-job]').first();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('We have received your request');
    return (await page.getAttribute('data-job'))!;
  });

  const card = dispatcher.locator(`[data-workbench] [data-number="${number}"]`);
  const bar = dispatcher.locator(`[data-bar][data-number="${number}"]`);
  await test.step('it is on the schedule at once, pink, at the requested time', async () => {
    await expect(card).toHaveAttribute('data-fresh', 'true');
    await expect(bar).toBeVisible();
    await expect(bar).toHaveClass(/fresh/);
    await expect(bar).toContainText(localTime(REQUESTED).slice(11));
    await expect(card).toHaveCount(1);
  });

  await test.step('the dispatcher drags it onto a worker’s row and publishes it', async () => {
    const row = dispatcher.locator('[data-row]', { hasText: WORKER });
    const at = await middle(bar);
    await drag(dispatcher, await middle(card), { x: at.x, y: (await middle(row)).y });
    await expect(bar).toHaveAttribute('data-status', 'allocated');
    await expect(card).toHaveCount(0);
    // Until it is published, the customer sees an unassigned job and the worker none.
    await expect(customer.getByText('Unassigned')).toBeVisible();
    await expect(phone.locator(`[data-job="${number}"]`)).toHaveCount(0);
    await bar.click();
    await dispatcher.locator('[data-drawer]').getByRole('button', { name: 'Publish' }).click();
    await expect(bar).toHaveAttribute('data-status', 'pending');
    await expect(bar).not.toHaveClass(/fresh/);
  });

  const job = phone.locator(`[data-job="${number}"]`);
  await test.step('the worker’s phone shows it; the worker accepts and goes on duty', async () => {
    await expect(job).toBeVisible();
    await job.getByRole('button', { name: 'Accept' }).click();
    await expect(job).toHaveAttribute('data-status', 'assigned');
    await expect(bar).toHaveAttribute('data-status', 'assigned');
    await expect(customer.getByRole('heading', { level: 1 })).toHaveText('Your job is planned');
    await phone.getByRole('switch').click();
    await expect(phone.locator('[data-duty="on"]')).toBeVisible();
  });

  const marker = customer.locator('[data-worker]');
  await test.step('the customer sees them coming, and where they are', async () => {
    await expect(marker).toHaveCount(0);
    await job.getByRole('link').first().click();
    await phone.getByRole('button', { name: 'On my way' }).click();
    await expect(customer.getByRole('heading', { level: 1 })).toHaveText('Aino is on the way');
    await phone.context().setGeolocation({ ...STATION, latitude: STATION.latitude + 0.001 });
    await expect(marker).toBeVisible();
    const first = await marker.getAttribute('data-at');
    // The phone sends what is at least two seconds and twelve metres from the last.
    await expect(async () => {
      const latitude = STATION.latitude + 0.002 + Math.random() * 0.001;
      await phone.context().setGeolocation({ ...STATION, latitude });
      expect(await marker.getAttribute('data-at')).not.toBe(first);
    }).toPass();
  });

  await test.step('step by step it gets done', async () => {
    const step = (name: string) => phone.getByRole('button', { name });
    await step('Done: Arrive').click();
    await expect(customer.getByRole('heading', { level: 1 })).toHaveText('Work is under way');
    await expect(bar).toHaveAttribute('data-status', 'started');
    await step('Done: Find the fault').click();
    await expect(phone.getByText('Please fill this in.')).toBeVisible();
    await phone.getByLabel('Cause').selectOption('Wear');
    await step('Done: Find the fault').click();
    await phone.getByLabel('Work done').fill('New washer');
    await step('Done: Repair').click();
    await phone.getByLabel('Safe to use').check();
    await step('Done: Safety check').click();
    await phone.getByRole('button', { name: 'Finish job' }).click();
    await expect(phone.locator(`[data-job="${number}"]`)).toHaveAttribute('data-status', 'completed');
    await expect(customer.getByRole('heading', { level: 1 })).toHaveText('All done');
    await expect(customer.locator('[data-event="job_completed"]')).toContainText('Return the key');
    await expect(customer.getByText('New washer')).toBeVisible();
    await expect(customer.getByText('Safety check')).toHaveCount(0);
    await expect(marker).toHaveCount(0);
    await expect(bar).toHaveAttribute('data-status', 'completed');
  });

  for (const page of [customer, dispatcher, phone]) await stayedOpen(page);

  await test.step('after a power cut everybody comes back by themselves, and everything is there', async () => {
    await hub.kill();
    for (const page of [customer, dispatcher, phone]) {
      await expect(page.locator('[data-connection="offline"]')).toBeAttached();
    }
    await hub.restart();
    for (const page of [customer, dispatcher, phone]) {
      await expect(page.locator('[data-connection="live"]')).toBeAttached({ timeout: 30_000 });
      await stayedOpen(page);
    }
    await customer.goto('/p/demo');
    const line = customer.locator(`[data-job="${number}"]`);
    await expect(line).toContainText('Completed');
    await expect(line).toContainText('Return the key');
    await dispatcher.reload();
    await expect(bar).toHaveAttribute('data-status', 'completed');
  });
});

async function logIn(page: Page, login: string): Promise<void> {
  await page.getByLabel('E-mail').fill(`${login}@demo.example`);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Log in' }).click();
}

/** Marks the page; a reload would wipe the mark. */
async function staysOpen(page: Page): Promise<void> {
  await page.evaluate(() => (document.documentElement.dataset.opened = 'once'));
}

async function stayedOpen(page: Page): Promise<void> {
  expect(await page.evaluate(() => document.documentElement.dataset.opened)).toBe('once');
}

async function middle(locator: Locator): Promise<{ x: number; y: number }> {
  await locator.scrollIntoViewIfNeeded();
  const box = (await locator.boundingBox())!;
  return { x: box.x + Math.min(box.width / 2, 40), y: box.y + box.height / 2 };
}

async function drag(page: Page, from: { x: number; y: number }, to: { x: number; y: number }): Promise<void> {
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move(to.x, to.y, { steps: 12 });
  await expect(page.locator('[data-ghost]')).toBeVisible();
  await page.mouse.up();
}
