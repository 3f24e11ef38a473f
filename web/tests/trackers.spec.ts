/// An admin sets up a worker's stock tracker, the phone posts, and the page says what was heard.
import { expect, test } from './fixtures';
import { readable } from './readable';

test('a tracker is set up, heard and revoked', async ({ browse }) => {
  const page = await browse({ login: 'admin' });
  await page.goto('/dispatch');
  await page.getByRole('link', { name: /^Phone tracker of Aino/ }).click();
  await expect(page).toHaveURL(/\/dispatch\/workers\/[0-9a-f-]{36}\/tracker$/);
  await expect(page.getByText('No link has been made yet.')).toBeVisible();
  await page.getByRole('button', { name: 'Make a link' }).click();
  for (const app of ['Traccar Client', 'OwnTracks', 'Overland']) {
    await expect(page.getByRole('img', { name: `Scan with ${app}` })).toBeVisible();
  }
  const link = await page.locator('[data-app="traccar"] input').inputValue();
  expect(link).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/in\/[\w-]{43}\?/);
  expect(await page.locator('[data-app="owntracks"] input').inputValue()).toMatch(
    /^owntracks:\/\/\/config\?inline=/,
  );
  expect(await page.locator('[data-app="gpslogger"] input').inputValue()).toContain('&lat=%LAT&lon=%LON');

  // The phone: worker1 is on duty in the demo.
  const address = link.split('?')[0]!;
  const post = (query: string): Promise<Response> => fetch(`${address}?${query}`, { method: 'POST' });
  const seconds = Math.floor(Date.now() / 1000);
  expect((await post(`id=van-7&lat=60.17&lon=24.94&timestamp=${seconds}&batt=80`)).status).toBe(200);
  expect((await post('id=van-7&lat=91&lon=0')).status).toBe(200);
  await page.getByRole('button', { name: 'Look again' }).click();
  const device = page.locator('[data-device="van-7"]');
  await expect(device).toContainText('Traccar Client');
  await expect(device).toContainText('1 × impossible place');

  // Once the page is left, the link is gone.
  await page.reload();
  await expect(page.getByText(/^Link made/)).toBeVisible();
  await expect(page.locator('[data-app]')).toHaveCount(0);
  expect(await page.content()).not.toContain(address);
  await readable(page);

  await page.getByRole('button', { name: 'Revoke the link' }).click();
  await page.getByRole('button', { name: 'Keep it' }).click();
  await page.getByRole('button', { name: 'Revoke the link' }).click();
  await page.getByRole('button', { name: 'Revoke the link' }).click();
  await expect(page.getByText('No link has been made yet.')).toBeVisible();
  expect((await post(`id=van-7&lat=60.17&lon=24.94&timestamp=${seconds}`)).status).toBe(404);
});

test('the page fits a phone, and is not for every dispatcher', async ({ browse }) => {
  const page = await browse({ login: 'admin', screen: 'small_phone' });
  await page.goto('/dispatch');
  const workers = await page.request.get('/api/workers');
  const { items } = (await workers.json()) as { items: { id: string }[] };
  await page.goto(`/dispatch/workers/${items[1]!.id}/tracker`);
  await page.getByRole('button', { name: 'Make a link' }).click();
  await expect(page.getByRole('img', { name: 'Scan with OwnTracks' })).toBeVisible();
  await readable(page);

  const other = await browse({ login: 'dispatcher' });
  await other.goto(`/dispatch/workers/${items[1]!.id}/tracker`);
  await expect(other.getByText('Only an admin can set up trackers.')).toBeVisible();
});
