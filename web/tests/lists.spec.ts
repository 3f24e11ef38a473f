// The lists as a dispatcher keeps them: prices, who works when, many jobs at once, jobs from a table.
import { expect, test } from './fixtures';
import { command, hand, order } from './jobs';
import { asStored, openPlan, planned, workerId } from './plan';

test('a price is kept in the list and fills a line of an invoice', async ({ browse, as }) => {
  const page = await browse({ login: 'dispatcher', screen: 'small_phone' });
  await page.goto('/dispatch/people/price-list');
  await page.getByRole('button', { name: 'New price' }).click();
  const dialog = page.getByRole('dialog', { name: 'New price' });
  await dialog.getByLabel('Description').fill('Hatch, fitted');
  await dialog.getByLabel('Code').fill('call');
  await dialog.getByLabel('Price of one').fill('dear');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog.getByText('Expected a decimal number such as 12.50')).toBeVisible();
  await dialog.getByLabel('Price of one').fill('120,50');
  await dialog.getByLabel('Tax %').fill('25,5');
  await dialog.getByRole('button', { name: 'Save' }).click();
  // The demo's call-out has this code.
  await expect(dialog.getByText('Somebody else has this already')).toBeVisible();
  await dialog.getByLabel('Code').fill('HATCH');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('searchbox').fill('hatch');
  await expect(page.locator('[data-person="Hatch, fitted"]')).toContainText('120.50');

  const job = await order(await as('customer1'), 'The hatch does not shut');
  const desk = await browse({ login: 'dispatcher' });
  await desk.goto(`/dispatch?job=${job.id}`);
  const editor = desk.locator('[data-invoice]');
  await editor.getByRole('button', { name: 'Edit lines' }).click();
  await editor.getByRole('button', { name: 'Add a line' }).click();
  const last = editor.locator('fieldset').last();
  // Suggestions come once the list is there.
  await expect(editor.locator('datalist option[value="Hatch, fitted"]')).toHaveCount(1);
  await last.getByLabel(/^Description/).fill('Hatch, fitted');
  await expect(last.getByLabel(/^Unit price/)).toHaveValue('120.5');
  await expect(last.getByLabel(/^Code/)).toHaveValue('HATCH');
  await expect(last.getByLabel(/^Tax/)).toHaveValue('25.5');
  await editor.getByRole('button', { name: 'Save' }).click();
  await expect(editor.locator('[data-line]').last()).toContainText('Hatch, fitted');

  await page.getByRole('button', { name: 'Archive Hatch, fitted' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Archive' }).click();
  await expect(page.locator('[data-person="Hatch, fitted"]')).toHaveCount(0);
  await expect(editor.locator('[data-line]').last()).toContainText('Hatch, fitted');
});

test('an absence is on another dispatcher’s schedule at once, and no working time', async ({
  browse,
  as,
}) => {
  const watching = await browse({ login: 'admin' });
  await openPlan(watching);
  const row = watching.locator(`[data-line="${await workerId(await as('dispatcher'), 'Oiva Vuori')}"]`);
  await expect(row.locator('[data-away]')).toHaveCount(0);
  const page = await browse({ login: 'dispatcher', screen: 'small_phone' });
  await page.goto('/dispatch/people/workers');
  const open = async () => {
    await page.getByRole('button', { name: 'Hours and absences of Oiva Vuori' }).click();
    return page.getByRole('dialog', { name: 'Hours and absences of Oiva Vuori' });
  };
  let dialog = await open();
  const day = new URL(watching.url()).searchParams.get('date')!;
  await dialog.getByRole('button', { name: 'Add an absence' }).click();
  await dialog.getByLabel('Absence 1: first day').fill(day);
  await expect(dialog.getByLabel('Absence 1: last day')).toHaveValue(day);
  await dialog.getByLabel('Absence 1: last day').fill('2020-01-01');
  await dialog.getByLabel('Absence 1: note').fill('Course');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog.getByText('The end must be after the start')).toBeVisible();
  await dialog.getByLabel('Absence 1: last day').fill(day);
  await dialog.getByLabel('Hours of their own').check();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(row.locator('[data-away="Course"]')).toBeVisible();
  // Wherever on that day it is put: it is outside working hours.
  const job = await planned(await as('dispatcher'), await as('customer2'), 'Oiva Vuori', '11:00');
  await watching.locator(`[data-bar="${job.id}"]`).click();
  await expect(watching.locator('[data-drawer]')).toContainText('Outside working hours');

  dialog = await open();
  await expect(dialog.getByLabel('Hours of their own')).toBeChecked();
  await dialog.getByRole('button', { name: 'Remove absence 1' }).click();
  await dialog.getByLabel('The company’s hours').check();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(row.locator('[data-away]')).toHaveCount(0);
});

test('many jobs at once: back to the workbench, published, deleted; what is refused is said', async ({
  browse,
  as,
}) => {
  const [dispatcher, customer] = [await as('dispatcher'), await as('customer3')];
  const word = `Bulk${Date.now()}`;
  const jobs = [];
  for (let number = 1; number <= 3; number++) jobs.push(await order(customer, `${word} ${number}`));
  const [first, second, third] = jobs as [(typeof jobs)[0], (typeof jobs)[0], (typeof jobs)[0]];
  await hand(dispatcher, first, 'Lempi Aalto');
  const page = await browse({ login: 'dispatcher' });
  await page.goto(`/dispatch/jobs?q=${first.number.slice(0, -1)}`);
  const select = (job: { number: string }) => page.getByRole('checkbox', { name: `Select ${job.number}` });
  for (const job of jobs) await select(job).check();
  const bar = page.locator('[data-bulk]');
  await expect(bar).toContainText('3 selected');
  await bar.getByRole('button', { name: 'To the workbench (1)' }).click();
  await expect.poll(async () => (await asStored(dispatcher, first)).status).toBe('unassigned');
  await expect(bar).toContainText('2 selected');
  await select(first).check();
  // One of them is gone before the dispatcher says so: the others are cancelled all the same.
  await page.route(`**/api/jobs/${second.id}`, async (route) => {
    if (route.request().method() === 'DELETE') await route.fulfill({ status: 503, body: '' });
    else await route.continue();
  });
  await bar.getByRole('button', { name: 'Delete (3)' }).click();
  const dialog = page.getByRole('dialog', { name: 'Delete 3 jobs?' });
  await expect(dialog).toContainText(third.number);
  await dialog.getByRole('button', { name: 'Delete (3)' }).click();
  await expect(bar).toContainText('One was refused:');
  await expect(bar).toContainText(`${second.number}: `);
  await expect(bar).toContainText('1 selected');
  for (const [job, status] of [
    [first, 404],
    [second, 200],
    [third, 404],
  ] as const) {
    expect((await dispatcher.get(`/api/jobs/${job.id}`)).status()).toBe(status);
  }
  await command(dispatcher, second, { do: 'cancel' });
});

test('jobs come from a table, each as a row of the list', async ({ browse, as }) => {
  const page = await browse({ login: 'dispatcher', screen: 'small_phone' });
  await page.goto('/dispatch/jobs');
  await page.getByRole('button', { name: 'Import' }).click();
  const dialog = page.getByRole('dialog', { name: 'Import: Jobs' });
  const choose = (text: string) =>
    dialog
      .locator('input[type=file]')
      .setInputFiles({ name: 'jobs.csv', mimeType: 'text/csv', buffer: Buffer.from(text) });
  const { items } = (await (await (await as('dispatcher')).get('/api/customers?limit=2')).json()) as {
    items: { name: string }[];
  };
  const name = `"${items[0]!.name}"`;
  const head = 'type;customer;requested_start;address;notes';
  await choose(`${head}\nRepair;${name};soon;;\nRepair;Nobody;;;\n`);
  await expect(dialog.locator('[data-row-errors] tbody tr')).toHaveCount(2);
  const word = `Table${Date.now()}`;
  const rows = [1, 2].map((row) => `repair;${name};2031-03-0${row} 09:30;Keskuskatu ${row};${word} ${row}`);
  await choose([head, ...rows].join('\n'));
  await expect(dialog.getByText('Everything fits: 2 new, 0 known.')).toBeVisible();
  await dialog.getByRole('button', { name: 'Import 2 rows' }).click();
  await expect(page.getByText('Imported: 2 new, 0 changed.')).toBeVisible();
  const client = await as('dispatcher');
  const made = (await (await client.get('/api/jobs?limit=2')).json()) as {
    items: { id: string; number: string; notes: string; requested_start: string }[];
  };
  expect(made.items.map(({ notes }) => notes).sort()).toEqual([`${word} 1`, `${word} 2`]);
  expect(made.items.map(({ requested_start }) => requested_start).sort()[0]).toBe('2031-03-01T07:30:00.000Z');
  for (const { id, number } of made.items) {
    await expect(page.getByRole('checkbox', { name: `Select ${number}` })).toBeVisible();
    await client.delete(`/api/jobs/${id}`);
  }
});
