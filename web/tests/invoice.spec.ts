/// The invoice: lines as they get added, a number once the job is done, paper in the printer and in a file.
import { readFile } from 'node:fs/promises';
import type { APIRequestContext } from '@playwright/test';
import type { FieldValues, Job } from '../src/lib/protocol';
import { expect, test } from './fixtures';
import { command, hand, order } from './jobs';
import { readable } from './readable';

/** What stands on the pages of a PDF. */
async function textOf(file: Buffer): Promise<string> {
  const { getDocument } = await import('pdfjs-dist/legacy/build/pdf.mjs');
  const pdf = await getDocument({ data: new Uint8Array(file), useSystemFonts: false }).promise;
  const pages: string[] = [];
  for (let number = 1; number <= pdf.numPages; number += 1) {
    const { items } = await (await pdf.getPage(number)).getTextContent();
    pages.push(items.map((item) => ('str' in item ? item.str : '')).join(' '));
  }
  return pages.join('\n');
}

/** Ticks off every step of a repair. */
async function finish(dispatcher: APIRequestContext, job: Job): Promise<void> {
  const fields: FieldValues[] = [{}, { cause: 'Wear' }, { work: 'Changed the tap' }, { safe: true }, {}];
  for (const [step, filled] of fields.entries())
    await command(dispatcher, job, { do: 'complete_step', step, fields: filled });
}

test('a line that the dispatcher adds is on the customer’s invoice at once; done, it has a number and a file', async ({
  browse,
  as,
}) => {
  const [customer, dispatcher, worker] = [await as('customer1'), await as('dispatcher'), await as('worker1')];
  const job = await order(customer, 'The tap drips onto the invoice');
  await hand(dispatcher, job, 'Aino Lehto');
  await command(worker, job, { do: 'accept' });

  const portal = await browse({ login: 'customer1', screen: 'small_phone' });
  await portal.goto(`/p/demo/jobs/${job.id}`);
  const invoice = portal.getByRole('region', { name: 'Invoice' });
  await expect(invoice).toHaveAttribute('data-invoice', 'draft');
  await expect(invoice.locator('[data-total]')).toHaveText(/172[.,]44/);
  await expect(invoice).toContainText('FI0000001');
  await expect(invoice).toContainText('FI0000002');
  const asked: string[] = [];
  portal.on('request', (request) => request.url().includes('/api/') && asked.push(request.url()));

  const desk = await browse({ login: 'dispatcher' });
  await desk.goto(`/dispatch?job=${job.id}`);
  const editor = desk.locator('[data-drawer] [data-invoice]');
  await editor.getByRole('button', { name: 'Edit lines' }).click();
  await editor.getByRole('button', { name: 'Add a line' }).click();
  await editor.getByLabel('Description, line 4').fill('Łukasz’ ceramic cartridge');
  await editor.getByLabel('Unit price, line 4').fill('one');
  await editor.getByLabel('Quantity, line 4').fill('2');
  await editor.getByRole('button', { name: 'Save' }).click();
  await expect(editor.getByText('Expected a decimal number such as 12.50')).toBeVisible();
  await expect(editor.getByLabel('Description, line 4')).toHaveValue('Łukasz’ ceramic cartridge');
  await editor.getByLabel('Unit price, line 4').fill('10,50');
  await editor.getByRole('button', { name: 'Save' }).click();
  await expect(editor.locator('[data-total]')).toHaveText(/198[.,]80/);

  await expect(invoice.locator('[data-line="3"]')).toContainText('Łukasz’ ceramic cartridge');
  await expect(invoice.locator('[data-total]')).toHaveText(/198[.,]80/);
  expect(asked, 'the frame brought the line').toEqual([]);

  await finish(dispatcher, job);
  await expect(invoice).toHaveAttribute('data-invoice', /^\d+$/);
  const number = await invoice.getAttribute('data-invoice');
  await expect(editor).toHaveAttribute('data-invoice', number!);
  await editor.getByRole('button', { name: 'Credit line 4' }).click();
  await editor.getByRole('button', { name: 'Save' }).click();
  await expect(invoice.locator('[data-total]')).toHaveText(/172[.,]44/);

  const downloading = portal.waitForEvent('download');
  await invoice.getByRole('link', { name: 'Download PDF' }).click();
  const file = await downloading;
  expect(file.suggestedFilename()).toBe(`invoice-${number}.pdf`);
  const text = await textOf(await readFile(await file.path()));
  for (const line of [number!, job.number, 'Łukasz’ ceramic cartridge', 'FI0000001', 'FI0000002']) {
    expect(text).toContain(line);
  }
  expect(text).toMatch(/172[.,]44/);
});

test('without the permission the invoice is gone at once, and absent everywhere', async ({ browse, as }) => {
  const [client, admin] = [await as('customer1'), await as('admin')];
  const job = await order(client, 'Who pays for this?');
  const page = await browse({ login: 'customer1' });
  await page.goto(`/p/demo/jobs/${job.id}`);
  const invoice = page.getByRole('region', { name: 'Invoice' });
  await expect(invoice).toContainText('FI0000001');
  const permissions = `/api/customers/${job.customer.id}/permissions`;
  expect((await admin.put(permissions, { data: { own: { invoice: 'deny' } } })).ok()).toBe(true);
  await expect(invoice).toHaveCount(0);
  expect((await client.get(`/api/jobs/${job.id}/invoice`)).status()).toBe(403);
  expect((await client.get(`/api/jobs/${job.id}/invoice.pdf`)).status()).toBe(403);
  const { items } = (await (await client.get('/api/jobs?limit=200')).json()) as { items: Job[] };
  expect(items.filter(({ customer }) => customer.id === job.customer.id).every((one) => !one.invoice)).toBe(
    true,
  );
  await page.reload();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('We have received your request');
  await expect(invoice).toHaveCount(0);
  expect((await admin.put(permissions, { data: { own: {} } })).ok()).toBe(true);
  await expect(invoice).toContainText('FI0000001');
});

test('asked to print, the page prints the invoice and nothing else, on A4 and Letter', async ({
  browse,
  as,
}) => {
  const job = await order(await as('customer1'), 'Print me');
  const page = await browse({ login: 'customer1' });
  await page.goto(`/p/demo/jobs/${job.id}`);
  const invoice = page.getByRole('region', { name: 'Invoice' });
  await expect(invoice).toContainText('FI0000001');
  await page.evaluate(() => (window.print = () => undefined));
  await invoice.getByRole('button', { name: 'Print' }).click();
  await page.emulateMedia({ media: 'print' });
  await expect(page.getByRole('heading', { name: 'Steps' })).toBeHidden();
  await expect(page.getByRole('banner')).toBeHidden();
  await expect(invoice.getByRole('button')).toHaveCount(0);
  await expect(invoice.locator('th').filter({ visible: true })).toHaveCount(6);
  await expect(invoice.locator('[data-total]')).toBeVisible();
  for (const format of ['A4', 'Letter']) {
    await page.emulateMedia({ media: null });
    await invoice.getByRole('button', { name: 'Print' }).click();
    // Tells the page when it is through, as a printer does.
    const sheets = (await page.pdf({ format })).toString('latin1').match(/\/Type\s*\/Page\b/g);
    expect(sheets, `one sheet of ${format}`).toHaveLength(1);
  }
  await expect(page.getByRole('heading', { name: 'Steps' })).toBeVisible();
});

for (const theme of ['light', 'dark'] as const) {
  test(`the invoice and its editor are readable, ${theme}`, async ({ browse, as }) => {
    const job = await order(await as('customer1'), 'Readable');
    const page = await browse({ login: 'customer1', screen: 'small_phone', theme });
    await page.goto(`/p/demo/jobs/${job.id}`);
    await expect(page.getByRole('region', { name: 'Invoice' })).toContainText('FI0000001');
    await readable(page, ['[data-map]']);
    const desk = await browse({ login: 'dispatcher', theme });
    await desk.goto(`/dispatch?job=${job.id}`);
    await desk.getByRole('button', { name: 'Edit lines' }).click();
    await readable(desk, ['[data-map]']);
  });
}
