/// A customer orders: types, times, address, asset, photos, signature. What is wrong is said where it is, and nothing typed is lost.
import type { APIRequestContext, Page } from '@playwright/test';
import type { Job } from '../src/lib/protocol';
import { expect, test } from './fixtures';
import { order } from './jobs';
import { photo } from './pictures';
import { readable } from './readable';

const choose = (page: Page, name: string, buffer: Buffer, mimeType = 'image/jpeg') =>
  page.locator('input[type=file]').setInputFiles({ name, mimeType, buffer });

async function newest(client: APIRequestContext): Promise<Job> {
  const { items } = (await (await client.get('/api/jobs?limit=1')).json()) as { items: Job[] };
  return items[0]!;
}

async function count(client: APIRequestContext): Promise<number> {
  const { items } = (await (await client.get('/api/jobs?limit=200')).json()) as { items: Job[] };
  return items.length;
}

test('types are cards at first and a menu later', async ({ browse }) => {
  const page = await browse({ login: 'customer3' });
  await page.goto('/p/demo/new');
  await page.getByRole('link', { name: /^Repair/ }).click();
  await expect(page.getByLabel('What do you need?')).toHaveCount(0);
  await page.getByLabel('What is wrong?').fill('The door squeaks');
  await page.getByRole('combobox', { name: 'Address' }).first().fill('Bulevardi 4');
  await page.getByRole('button', { name: 'Send request' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('We have received your request');
  await page.getByRole('link', { name: 'New job' }).click();
  const menu = page.getByLabel('What do you need?');
  await expect(menu).toHaveValue(/.+/);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('New job: Repair');
  await menu.selectOption({ label: 'Window cleaning' });
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('New job: Window cleaning');
});

test('an address is found by keyboard, with a mistake in it, or pinned by hand', async ({ browse, as }) => {
  const page = await browse({ login: 'customer3' });
  await page.goto('/p/demo/new');
  await page.getByRole('link', { name: /^Repair/ }).click();
  const address = page.getByRole('combobox', { name: 'Address' }).first();
  await address.pressSequentially('aleksantrinkatu 7');
  const list = page.getByRole('listbox', { name: 'Suggested addresses' });
  await expect(list.getByRole('option').first()).toContainText('Aleksanterinkatu');
  await address.press('ArrowDown');
  await expect(list.getByRole('option').first()).toHaveAttribute('aria-selected', 'true');
  await address.press('Enter');
  await expect(list).toHaveCount(0);
  await expect(address).toHaveValue(/^Aleksanterinkatu/);
  await expect(page.getByText('Found on the map')).toBeVisible();

  await address.fill('Behind the old brewery');
  await expect(page.getByText('No address found. You can still use what you typed.')).toBeVisible();
  await address.press('Escape');
  await page.getByRole('button', { name: 'Place a pin' }).click();
  const map = page.locator('dialog [data-map] canvas').first();
  await expect(map).toBeVisible();
  await expect(async () => {
    await map.click({ position: { x: 120, y: 120 } });
    await expect(page.getByRole('button', { name: 'Use this place' })).toBeEnabled({ timeout: 1000 });
  }).toPass();
  await page.getByRole('button', { name: 'Use this place' }).click();
  await expect(page.getByText('Found on the map')).toBeVisible();
  await page.getByLabel('What is wrong?').fill('A window is open');
  await page.getByRole('button', { name: 'Send request' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('We have received your request');
  const job = await newest(await as('customer3'));
  expect(job.steps[0]!.address).toMatchObject({
    text: 'Behind the old brewery',
    latitude: expect.closeTo(60, 0),
  });
});

test('a pin is put by keyboard alone', async ({ browse }) => {
  const page = await browse({ login: 'customer3' });
  await page.goto('/p/demo/new');
  await page.getByRole('link', { name: /^Repair/ }).click();
  const address = page.getByRole('combobox', { name: 'Address' }).first();
  await address.fill('Behind the old brewery');
  await expect(page.getByText('No address found.')).toBeVisible();
  await address.press('Escape');
  await page.getByRole('button', { name: 'Place a pin' }).press('Enter');
  const dialog = page.getByRole('dialog');
  const map = dialog.locator('[data-map] canvas').first();
  await expect(map).toBeVisible();
  const said = dialog.locator('[aria-live]').filter({ hasText: 'The pin is at' });
  await expect(async () => {
    await map.press('Enter');
    await expect(said).toBeVisible({ timeout: 1000 });
  }).toPass();
  const first = await said.textContent();
  await expect(async () => {
    await map.press('ArrowUp');
    await map.press('Enter');
    expect(await said.textContent()).not.toBe(first);
  }).toPass();
  await dialog.getByRole('button', { name: 'Use this place' }).press('Enter');
  await expect(page.getByText('Found on the map')).toBeVisible();
});

test('photos are sent in pieces, survive a cut and a reload, and are seen with the job', async ({
  browse,
  as,
}) => {
  const page = await browse({ login: 'customer3', screen: 'small_phone' });
  await page.goto('/p/demo/new');
  await page.getByRole('link', { name: /^Repair/ }).click();
  await page.getByLabel('What is wrong?').fill('Look at the photo');
  await page.getByRole('combobox', { name: 'Address' }).first().fill('Bulevardi 4');

  // What is no picture is refused at the field, by the page or by the hub.
  await choose(page, 'notes.txt', Buffer.from('hello'), 'text/plain');
  await expect(page.getByText('notes.txt is not a JPEG, PNG or WebP picture.')).toBeVisible();
  await choose(page, 'fake.jpg', Buffer.from('<svg><script>alert(1)</script></svg>'));
  await expect(page.getByText('This is not a JPEG, PNG or WebP picture')).toBeVisible();
  await page.getByRole('button', { name: 'Remove fake.jpg' }).click();
  await expect(page.locator('[data-picture]')).toHaveCount(0);

  // After the first piece the line is dead.
  const picture = await photo(page);
  expect(picture.length).toBeGreaterThan(600_000);
  const offsets: string[] = [];
  await page.route('**/api/files/*', (route) => {
    const request = route.request();
    if (request.method() !== 'PUT') return route.continue();
    const offset = request.headers()['upload-offset']!;
    offsets.push(offset);
    return offset === '0' ? route.continue() : route.abort('connectionreset');
  });
  await choose(page, 'leak.jpg', picture);
  await expect(page.getByAltText('leak.jpg')).toBeVisible();
  await expect.poll(() => offsets.length).toBeGreaterThan(1);
  await page.getByRole('button', { name: 'Send request' }).click();
  await expect(page.getByText('The photos are still being sent.')).toBeVisible();

  // The page is loaded anew, and the line is back: it goes on where it was.
  const before = offsets.length;
  await page.unroute('**/api/files/*');
  const later: string[] = [];
  page.on('request', (request) => {
    if (request.method() === 'PUT') later.push(request.headers()['upload-offset']!);
  });
  await page.reload();
  await expect(page.getByText('We kept what you had filled in.')).toBeVisible();
  await expect(page.getByLabel('What is wrong?')).toHaveValue('Look at the photo');
  await expect(page.locator('[data-picture="sent"]')).toHaveCount(1);
  expect(before).toBeGreaterThan(1);
  expect(later[0]).not.toBe('0');
  await expect(page.locator('[data-picture="sent"] img')).toHaveJSProperty('complete', true);
  await readable(page, ['[data-map]']);

  await page.getByRole('button', { name: 'Send request' }).dblclick();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('We have received your request');
  const job = await newest(await as('customer3'));
  expect(job.files).toHaveLength(1);
  const url = job.files![0]!.url;
  expect((await (await as('dispatcher')).get(url)).headers()['content-type']).toBe('image/jpeg');
  expect((await (await as('customer6')).get(url)).status()).toBe(404);
  await expect(page.getByRole('link', { name: 'Open Photos' })).toBeVisible();
});

test('a heating service at its one asset, signed', async ({ browse, as }) => {
  // One boiler: it is attached by itself, and brings its address.
  const page = await browse({ login: 'customer2' });
  await page.goto('/p/demo/new');
  await page.getByRole('link', { name: /^Heating service/ }).click();
  await expect(page.getByLabel('Which asset?')).toHaveValue(/.+/);
  await expect(page.getByRole('combobox', { name: 'Address' })).toHaveValue(/^Pohjoisesplanadi/);
  await page.getByLabel('When would you like it?').fill(tomorrow());
  const pad = page.locator('canvas[aria-label^="Signature"]');
  const box = (await pad.boundingBox())!;
  await page.mouse.move(box.x + 40, box.y + 40);
  await page.mouse.down();
  await page.mouse.move(box.x + 200, box.y + 80, { steps: 8 });
  await page.mouse.up();
  await page.getByRole('button', { name: 'Use this signature' }).click();
  await expect(page.locator('[data-picture="sent"]')).toBeVisible();
  await readable(page, ['[data-map]']);
  await page.getByRole('button', { name: 'Send request' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('We have received your request');
  const job = await newest(await as('customer2'));
  expect(job.files![0]).toMatchObject({ name: 'Signature.png', type: 'image/png' });
  expect(job.asset).toMatchObject({ name: 'District heat exchanger' });
});

test('assets, their jobs, and a new job for one', async ({ browse, as }) => {
  const page = await browse({ login: 'customer3', screen: 'small_phone' });
  await page.goto('/p/demo');
  await page.getByRole('link', { name: 'Assets' }).click();
  await expect(page.locator('[data-asset]')).toHaveCount(2);
  await readable(page, ['[data-map]']);
  await page.getByRole('link', { name: /Guest lift/ }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Guest lift');
  await expect(page.getByText('HI-12')).toBeVisible();
  await page.getByRole('link', { name: 'New job for this' }).click();
  await page.getByRole('link', { name: /^Repair/ }).click();
  await expect(page.getByLabel('Which asset?').locator('option:checked')).toHaveText('Guest lift');
  await expect(page.getByRole('combobox', { name: 'Address' }).first()).toHaveValue(/^Mikonkatu/);
  await page.getByLabel('What is wrong?').fill('It stops between floors');
  await page.getByRole('button', { name: 'Send request' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('We have received your request');
  const job = await newest(await as('customer3'));
  await page.getByRole('link', { name: 'Assets' }).click();
  await page.getByRole('link', { name: /Guest lift/ }).click();
  await expect(page.locator(`[data-job="${job.number}"]`)).toBeVisible();
  await readable(page, ['[data-map]']);
});

test('another asset on an edit takes its address along, and can be taken off', async ({ browse, as }) => {
  const client = await as('customer3');
  const job = await order(client, 'Which lift was it?');
  const { items } = (await (await client.get('/api/assets')).json()) as {
    items: { id: string; name: string }[];
  };
  const lift = items.find(({ name }) => name === 'Guest lift')!;
  const page = await browse({ login: 'customer3', screen: 'small_phone' });
  await page.goto(`/p/demo/jobs/${job.id}/edit`);
  const address = page.getByRole('combobox', { name: 'Address' }).first();
  await address.fill('');
  await page.getByLabel('Which asset?').selectOption({ label: 'Guest lift' });
  await expect(address).toHaveValue(/^Mikonkatu/);
  await page.getByRole('button', { name: 'Save changes' }).click();
  await expect(page.getByText('Your changes are saved.')).toBeVisible();
  const stored = async () => (await (await client.get(`/api/jobs/${job.id}`)).json()) as Job;
  expect((await stored()).asset).toMatchObject({ id: lift.id });
  expect((await stored()).steps[0]!.address?.text).toMatch(/^Mikonkatu/);
  await page.goto(`/p/demo/jobs/${job.id}/edit`);
  await page.getByLabel('Which asset?').selectOption({ index: 0 });
  await page.getByRole('button', { name: 'Save changes' }).click();
  await expect(page.getByText('Your changes are saved.')).toBeVisible();
  expect((await stored()).asset).toBeNull();
});

test('whoever may not book outside business hours picks a free time', async ({ browse, as, hub }) => {
  hub.tamper(
    `update portal_link set permissions = '{"outside_hours": false}' where portal_user in
       (select id from portal_user where name = 'Rauha Niitty')`,
  );
  hub.tamper(
    `update tenant set settings = jsonb_set(settings - 'hours', '{portal,booking}',
       '{"step_min": 30, "notice_min": 120, "horizon_days": 60, "bookable_workers": 1000}') where slug = 'demo'`,
  );
  // Without hours of its own the company is open from Monday to Friday, 8 to 16.
  const page = await browse({ login: 'customer5', screen: 'small_phone', timezone: 'America/New_York' });
  await page.goto('/p/demo/new');
  await page.getByRole('link', { name: /^Window cleaning/ }).click();
  const times = page.getByRole('group', { name: /When would you like it/ });
  await expect(times.getByText('Times are in Europe/Helsinki.')).toBeVisible();
  await expect(page.getByLabel('When would you like it?', { exact: true })).toHaveCount(0);
  await times.getByRole('button', { name: 'Later days' }).click();
  const days = times.getByRole('heading', { level: 3 });
  // A whole week: no Saturday, no Sunday.
  await expect(days).toHaveCount(5);
  expect((await days.allTextContents()).join()).not.toMatch(/Saturday|Sunday/);
  const first = times.getByRole('radio').first();
  await expect(first).toHaveAccessibleName(/08:00–08:45$/);
  await first.focus();
  await page.keyboard.press('Space');
  await expect(times.getByText(/You chose .* 08:00\./)).toBeVisible();
  await page.getByLabel('How many windows?').fill('4');
  await readable(page, ['[data-map]']);
  await page.getByRole('combobox', { name: 'Address' }).fill('Bulevardi 4');

  // Somebody is faster: the hub says so at the field, and what was typed stays.
  hub.tamper(
    `update tenant set settings = jsonb_set(settings, '{portal,booking,bookable_workers}', '0') where slug = 'demo'`,
  );
  const before = await count(await as('customer5'));
  await page.getByRole('button', { name: 'Send request' }).click();
  await expect(times.getByRole('alert')).toHaveText('This time is no longer available');
  await expect(times.getByText('There is no free time in these days.')).toBeVisible();
  await expect(page.getByLabel('How many windows?')).toHaveValue('4');
  expect(await count(await as('customer5'))).toBe(before);
  hub.tamper(
    `update tenant set settings = jsonb_set(settings, '{portal,booking,bookable_workers}', '1000') where slug = 'demo'`,
  );
  await times.getByRole('button', { name: 'Earlier days' }).click();
  await times.getByRole('button', { name: 'Later days' }).click();
  await times.getByRole('radio').nth(2).focus();
  await page.keyboard.press('Space');
  await page.getByRole('button', { name: 'Send request' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('We have received your request');
  const job = await newest(await as('customer5'));
  expect(new Date(job.requested_start!).getUTCMinutes() % 30).toBe(0);
});

/** At ten in the tenant's zone, as a date-time input holds it. */
function tomorrow(): string {
  return `${new Date(Date.now() + 86_400_000).toISOString().slice(0, 10)}T10:00`;
}
