// Whom a company works with: a worker's face, a customer's tax number.
import { expect, test } from './fixtures';
import { command, hand, order } from './jobs';
import { photo } from './pictures';

test('a worker gets a face, which the customer sees once it is certain who comes', async ({ browse, as }) => {
  const admin = await browse({ login: 'admin' });
  await admin.goto('/dispatch/people/workers');
  const change = async () => {
    await admin.getByRole('button', { name: 'Change Aino Lehto' }).click();
    return admin.getByRole('dialog', { name: 'Change Aino Lehto' });
  };
  let dialog = await change();
  const file = dialog.locator('input[type=file]');
  await file.setInputFiles({ name: 'cv.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF') });
  await expect(dialog.getByText('This is not a JPEG, PNG or WebP picture of up to 15 MB.')).toBeVisible();
  await file.setInputFiles({ name: 'aino.jpg', mimeType: 'image/jpeg', buffer: await photo(admin, 200) });
  await expect(dialog.getByAltText('Photo as it is now')).toBeVisible();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(admin.getByText('Aino Lehto is saved.')).toBeVisible();

  const [customer, dispatcher, worker] = [await as('customer5'), await as('dispatcher'), await as('worker1')];
  const job = await order(customer, 'Who will come?');
  await hand(dispatcher, job, 'Aino Lehto');
  const page = await browse({ login: 'customer5', screen: 'small_phone' });
  await page.goto(`/p/demo/jobs/${job.id}`);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await expect(page.locator('[data-face]')).toHaveCount(0);
  await command(worker, job, { do: 'accept' });
  await expect(page.locator('[data-face]')).toBeVisible();
  await expect(page.locator('[data-face]')).toHaveJSProperty('naturalWidth', 200);

  dialog = await change();
  await dialog.getByRole('button', { name: 'Remove', exact: true }).click();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(admin.getByText('Aino Lehto is saved.').last()).toBeVisible();
  await page.reload();
  await expect(page.locator('section[data-status] p [aria-hidden]')).toHaveText('A');
});

test('a customer’s tax number stands on its invoices', async ({ browse }) => {
  const page = await browse({ login: 'dispatcher', screen: 'small_phone' });
  await page.goto('/dispatch/people/customers');
  await page.getByRole('button', { name: 'New customer' }).click();
  const dialog = page.getByRole('dialog', { name: 'New customer' });
  await dialog.getByLabel('Name').fill('Laundry North');
  await dialog.getByLabel('VAT or tax number').fill('FI87654321'.repeat(60));
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog.getByText('At most 500 characters')).toBeVisible();
  await dialog.getByLabel('VAT or tax number').fill('FI87654321');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('button', { name: 'Change Laundry North' }).click();
  await expect(page.getByLabel('VAT or tax number')).toHaveValue('FI87654321');
});

test('a table is looked at before it is taken in, and what is wrong is said by row and column', async ({
  browse,
}) => {
  const page = await browse({ login: 'admin' });
  await page.goto('/dispatch/people/customers');
  await page.getByRole('button', { name: 'Import' }).click();
  const dialog = page.getByRole('dialog', { name: 'Import: Customers' });
  const choose = (text: string) =>
    dialog
      .locator('input[type=file]')
      .setInputFiles({ name: 'customers.csv', mimeType: 'text/csv', buffer: Buffer.from(text) });
  await choose('name;mail\nA;b');
  await expect(dialog.getByText('"mail" is none of: name, email')).toBeVisible();
  await choose('name;email\nQuay Café;quay@example.com\n;nobody\n');
  const errors = dialog.locator('[data-row-errors] tbody tr');
  await expect(errors).toHaveCount(2);
  await expect(errors.nth(1)).toContainText('2');
  await expect(errors.nth(0)).toContainText('email');
  await expect(dialog.getByRole('button', { name: 'Import', exact: true })).toBeDisabled();
  // More than fit into one request.
  const rows = Array.from({ length: 600 }, (_, index) => `Shop ${index + 1},"Street ${index + 1}\nHelsinki"`);
  await choose(`name,address\n${rows.join('\n')}`);
  await expect(dialog.getByText('Everything fits: 600 new, 0 known.')).toBeVisible();
  await dialog.getByRole('button', { name: 'Import 600 rows' }).click();
  await expect(page.getByText('Imported: 600 new, 0 changed.')).toBeVisible();
  await page.getByRole('searchbox').fill('Shop 599');
  await expect(page.locator('[data-person="Shop 599"]')).toContainText('Street 599');

  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Export' }).click(),
  ]);
  expect(file.suggestedFilename()).toBe('customers.csv');
  // As they were before, for the other journeys.
  const { items } = (await (await page.request.get('/api/customers?q=Shop&limit=200')).json()) as {
    items: { id: string; name: string }[];
  };
  for (const { id, name } of items) {
    if (/^Shop \d+$/.test(name)) await page.request.delete(`/api/customers/${id}`);
  }
});

test('a list is put in order and narrowed down, and the address keeps it', async ({ browse }) => {
  const page = await browse({ login: 'admin' });
  await page.goto('/dispatch/people/workers');
  const names = () =>
    page.locator('[data-person]').evaluateAll((rows) => rows.map((row) => row.getAttribute('data-person')!));
  await expect.poll(async () => (await names())[0]).toBe('Aino Lehto');
  await page.getByLabel('Order').selectOption('Name ↓');
  await expect.poll(async () => (await names())[0]).toBe('Venla Ranta');
  await page.getByLabel('Invitation').selectOption('Invited');
  await expect(page.getByText('Nothing matches.')).toBeVisible();
  await page.getByLabel('Invitation').selectOption('Has joined');
  await page.reload();
  await expect.poll(async () => (await names())[0]).toBe('Venla Ranta');
  expect(new URL(page.url()).search).toBe('?sort=-name&invitation=used');
  await page.goto('/dispatch/people/price-list?sort=-unit_price');
  await expect.poll(async () => (await names())[0]).toBe('Heating service');
});

test('an asset is made, changed and put away', async ({ browse, as }) => {
  const page = await browse({ login: 'dispatcher', screen: 'small_phone' });
  await page.goto('/dispatch/people/assets');
  await page.getByRole('button', { name: 'New asset' }).click();
  let dialog = page.getByRole('dialog', { name: 'New asset' });
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog.getByRole('alert').first()).toBeVisible();
  const client = await as('customer6');
  const { caller } = (await (await client.get('/api/me')).json()) as {
    caller: { customers: { name: string }[] };
  };
  await dialog.getByLabel('Customer').selectOption({ label: caller.customers[0]!.name });
  await dialog.getByLabel('Name').fill('Roof hatch');
  await dialog.getByLabel('Type').fill('Hatch');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('button', { name: 'Change Roof hatch' }).click();
  dialog = page.getByRole('dialog', { name: 'Change Roof hatch' });
  await dialog.getByLabel('Serial number').fill('RH-7');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(page.locator('[data-person="Roof hatch"]')).toContainText('Hatch · RH-7');
  const mine = async () =>
    ((await (await client.get('/api/assets')).json()) as { items: { name: string }[] }).items;
  expect((await mine()).map(({ name }) => name)).toContain('Roof hatch');
  await page.getByRole('button', { name: 'Archive Roof hatch' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Archive' }).click();
  await expect(page.locator('[data-person="Roof hatch"]')).toHaveCount(0);
  expect((await mine()).map(({ name }) => name)).not.toContain('Roof hatch');
});
