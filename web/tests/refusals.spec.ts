/// What the hub does not allow is said where it was asked for; what was typed or done is never lost or doubled.
import type { APIRequestContext } from '@playwright/test';
import { expect, test } from './fixtures';
import { order } from './jobs';

test('what is missing is said at the field, and nothing is sent', async ({ browse }) => {
  // Two assets, so that none is attached by itself and brings its address along.
  const page = await browse({ login: 'customer3', screen: 'phone' });
  const sent: string[] = [];
  page.on('request', (request) => request.method() === 'POST' && sent.push(request.url()));
  await page.goto('/p/demo/new');
  await page.getByRole('link', { name: /^Window cleaning/ }).click();
  await page.getByRole('button', { name: 'Send request' }).click();
  await expect(page.getByText('Please fill this in.')).toHaveCount(3);
  await expect(page.getByLabel('When would you like it?')).toBeFocused();
  expect(sent).toEqual([]);
});

test('what the hub finds wrong is said at the field', async ({ browse }) => {
  const page = await browse({ login: 'customer2', screen: 'phone' });
  await page.goto('/p/demo/new');
  await page.getByRole('link', { name: /^Window cleaning/ }).click();
  await page.getByLabel('When would you like it?').fill('2020-01-01T10:00');
  await page.getByLabel('How many windows?').fill('4');
  await page.getByLabel('Number of identical jobs').fill('99');
  await page.getByRole('combobox', { name: 'Address' }).fill('Somewhere 1');
  await page.getByRole('button', { name: 'Send request' }).click();
  await expect(page.getByRole('alert').first()).toBeVisible();
  await expect(page.getByText(/needs? your attention/)).toBeVisible();
});

test('a draft survives a reload, and two presses make one job', async ({ browse, as }) => {
  const page = await browse({ login: 'customer3', screen: 'phone' });
  await page.goto('/p/demo/new');
  await page.getByRole('link', { name: /^Repair/ }).click();
  await page.getByLabel('What is wrong?').fill('The door does not close');
  await page.getByRole('combobox', { name: 'Address' }).first().fill('Bulevardi 4');
  await page.reload();
  await expect(page.getByText('We kept what you had filled in.')).toBeVisible();
  await expect(page.getByLabel('What is wrong?')).toHaveValue('The door does not close');

  const before = await count(await as('customer3'));
  await page.getByRole('button', { name: 'Send request' }).dblclick();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('We have received your request');
  expect(await count(await as('customer3'))).toBe(before + 1);
});

test('an edit that somebody else was faster with is not forced through', async ({ browse, as }) => {
  const job = await order(await as('customer4'), 'The lamp flickers');
  const page = await browse({ login: 'customer4' });
  await page.goto(`/p/demo/jobs/${job.id}/edit`);
  await page.getByLabel('What is wrong?').fill('The lamp is dark');
  const changed = await (
    await as('dispatcher')
  ).patch(`/api/jobs/${job.id}`, {
    data: { fields: { problem: 'The lamp flickers at night' } },
  });
  expect(changed.ok()).toBe(true);
  await page.getByRole('button', { name: 'Save changes' }).click();
  await expect(page.locator('[data-meanwhile]')).toContainText('The lamp flickers at night');
  await expect(page.getByLabel('What is wrong?')).toHaveValue('The lamp is dark');
  const held = await (await page.request.get(`/api/jobs/${job.id}`)).json();
  expect(JSON.stringify(held)).toContain('The lamp flickers at night');
});

test('a customer calls a job off, and deletes another', async ({ browse, as }) => {
  const client = await as('customer5');
  const [first, second] = [await order(client, 'One'), await order(client, 'Two')];
  const page = await browse({ login: 'customer5' });
  await page.goto('/p/demo');
  const line = page.locator(`[data-job="${second.number}"]`);
  await line.getByRole('button', { name: `Delete ${second.number}` }).click();
  await page.getByRole('button', { name: 'Delete the job' }).click();
  await expect(line).toHaveCount(0);
  await page.getByRole('link', { name: first.number, exact: true }).click();
  await page.getByRole('button', { name: 'Cancel job' }).click();
  await page.getByRole('button', { name: 'Cancel the job' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('This job was cancelled');
});

async function count(client: APIRequestContext): Promise<number> {
  const { items } = (await (await client.get('/api/jobs?limit=200')).json()) as { items: unknown[] };
  return items.length;
}
