/// The map of its own page: whom and what it shows, staying with somebody, their day played back, who is nearest.
import type { APIRequestContext } from '@playwright/test';
import { expect, test } from './fixtures';
import { order } from './jobs';
import { asStored, format, workerId } from './plan';
import { readable } from './readable';

const MINUTE = 60_000;
const yesterday = format.localDate(Date.now() - 24 * 60 * MINUTE);

/** A phone's link of a worker's, until the end of the test. */
async function phone(admin: APIRequestContext, worker: string): Promise<string> {
  const answer = await admin.post(`/api/workers/${await workerId(admin, worker)}/tracker`);
  expect(answer.ok()).toBe(true);
  return ((await answer.json()) as { url: string }).url;
}

/** Half an hour of yesterday from ten o'clock: north, eight minutes at one place, and on. */
async function drive(url: string): Promise<void> {
  for (let minute = 0; minute < 30; minute++) {
    const driven = minute < 10 ? minute : Math.max(10, minute - 8);
    const at = format.instant(`${yesterday}T10:00`) + minute * MINUTE;
    const place = `lat=${60.16 + driven * 0.002}&lon=24.94&accuracy=8`;
    const answer = await fetch(`${url}?id=van&${place}&timestamp=${at / 1000}`, { method: 'POST' });
    expect(answer.status).toBe(200);
  }
}

test('the day of a worker is drawn, with its stops, and played back', async ({ browse, as }) => {
  const admin = await as('admin');
  await drive(await phone(admin, 'Aino Lehto'));
  await admin.delete(`/api/workers/${await workerId(admin, 'Aino Lehto')}/tracker`);
  const desk = await browse({ login: 'dispatcher' });
  await desk.goto('/dispatch/map');
  await expect(desk.getByRole('button', { name: 'Day', exact: true })).toHaveCount(0);
  await desk.getByLabel('Worker', { exact: true }).selectOption('Aino Lehto');
  await desk.getByRole('button', { name: 'Day', exact: true }).click();
  const panel = desk.getByRole('region', { name: 'The day of Aino Lehto' });
  await panel.getByLabel('Day').fill(format.localDate(Date.now() - 3 * 24 * 60 * MINUTE));
  await expect(panel).toContainText('Nothing was recorded on this day.');
  await panel.getByLabel('Day').fill(yesterday);
  await expect(panel).toContainText('10:00 to 10:29');
  await expect(panel).toContainText('4.7 km');
  const stop = panel.getByRole('listitem');
  await expect(stop).toHaveCount(1);
  await expect(stop).toContainText('10:10');
  await expect(desk.getByRole('img', { name: /^Stop, 10:10/ })).toBeVisible();

  await stop.getByRole('button').click();
  await expect(panel.locator('[data-moment]')).toHaveText('10:10');
  await panel.getByRole('button', { name: 'Play it back' }).click();
  await expect(panel.locator('[data-moment]')).toHaveText('10:12');
  await panel.getByRole('button', { name: 'Pause' }).click();

  // It stands in the address.
  await desk.reload();
  await expect(panel).toContainText('10:00 to 10:29');
  await panel.getByRole('button', { name: 'Close' }).click();
  await expect(panel).toHaveCount(0);
  expect(new URL(desk.url()).searchParams.has('worker')).toBe(true);
});

test('the map narrows down to a type or a worker, and stays with whoever moves', async ({ browse, as }) => {
  const admin = await as('admin');
  const job = await order(await as('customer1'), 'A lamp flickers');
  const url = await phone(admin, 'Eero Salmi');
  const post = async (latitude: number) => {
    const query = `id=van&lat=${latitude}&lon=24.95&accuracy=8&timestamp=${Math.floor(Date.now() / 1000)}`;
    expect((await fetch(`${url}?${query}`, { method: 'POST' })).status).toBe(200);
  };
  await post(60.17);
  const desk = await browse({ login: 'dispatcher' });
  await desk.goto('/dispatch/map');
  const pin = desk.locator(`[data-pin="${job.id}"]`);
  await expect(pin).toBeVisible();
  await desk.getByLabel('Job type').selectOption('Delivery');
  await expect(pin).toHaveCount(0);
  await desk.getByLabel('Job type').selectOption('Repair');
  await expect(pin).toBeVisible();

  await desk.getByLabel('Worker', { exact: true }).selectOption('Eero Salmi');
  await expect(pin).toHaveCount(0);
  await expect(desk.locator('[data-worker]')).toHaveCount(1);
  await desk.getByRole('button', { name: 'Follow' }).click();
  // Far out of view, and the map goes there.
  await expect(async () => {
    await post(60.25);
    await expect(desk.locator('[data-worker]')).toBeInViewport({ timeout: 3_000 });
    const box = (await desk.locator('[data-worker]').boundingBox())!;
    const map = (await desk.locator('[data-map]').boundingBox())!;
    expect(Math.abs(box.y + box.height / 2 - (map.y + map.height / 2))).toBeLessThan(30);
  }).toPass();
});

test('the nearest worker gets the job with one press', async ({ browse, as }) => {
  const admin = await as('admin');
  const url = await phone(admin, 'Helmi Koski');
  const seconds = Math.floor(Date.now() / 1000);
  const place = 'lat=60.1691&lon=24.9421&accuracy=5';
  expect((await fetch(`${url}?id=van&${place}&timestamp=${seconds}`, { method: 'POST' })).status).toBe(200);
  const job = await order(await as('customer1'), 'Water on the floor');
  const desk = await browse({ login: 'dispatcher' });
  await desk.goto(`/dispatch?job=${job.id}`);
  await desk.getByText('Nearest workers').click();
  const first = desk.locator('[data-nearest] li').first();
  await expect(first).toContainText('Helmi Koski');
  await expect(first).toContainText('1 min');
  await first.getByRole('button', { name: 'Assign to Helmi Koski' }).click();
  await expect(desk.locator('[data-drawer] [data-status="allocated"]').first()).toBeVisible();
  expect((await asStored(admin, job)).worker?.name).toBe('Helmi Koski');
});

for (const theme of ['light', 'dark'] as const) {
  test(`the map is readable and fits a small phone, ${theme}`, async ({ browse, as }) => {
    const admin = await as('admin');
    const id = await workerId(admin, 'Aino Lehto');
    const page = await browse({ login: 'dispatcher', screen: 'small_phone', theme });
    await page.goto(`/dispatch/map?worker=${id}&day=${yesterday}`);
    await expect(page.locator('[data-trail]')).toBeVisible();
    await readable(page);
  });
}
