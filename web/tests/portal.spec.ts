/// The jobs list: what it shows, how it is searched and narrowed down, and where its icons lead.
import { expect, test } from './fixtures';
import { command, order } from './jobs';

test('the list has exactly its seven columns', async ({ browse }) => {
  const page = await browse({ login: 'customer1' });
  await page.goto('/p/demo');
  await expect(page.getByRole('columnheader')).toHaveText([
    'Job ID',
    'Type',
    'Customer',
    'Status',
    'Date',
    'Last completed step',
    'Actions',
  ]);
});

test('search, filter and order stand in the address, and going back works', async ({ browse, as }) => {
  const job = await order(await as('customer1'), 'A needle in the haystack');
  const page = await browse({ login: 'customer1' });
  await page.goto('/p/demo');
  const lines = page.locator('[data-jobs] [data-job]');
  await page.getByLabel('Search jobs').fill(job.number);
  await expect(lines).toHaveCount(1);
  await expect(page).toHaveURL(new RegExp(`q=${job.number}`));
  await page.getByLabel('Search jobs').fill('nothing is called this');
  await expect(page.getByText('No job matches this.')).toBeVisible();
  await page.getByRole('link', { name: 'Show all jobs' }).click();
  await page.getByLabel('Status').selectOption('Completed');
  await expect(page).toHaveURL(/status=completed/);
  await expect(lines.filter({ hasText: 'Unassigned' })).toHaveCount(0);
  await page.goBack();
  await expect(lines.filter({ hasText: job.number })).toHaveCount(1);
  await page.getByRole('link', { name: 'Date' }).click();
  await expect(page).toHaveURL(/sort=-date/);
  await expect(page.getByRole('columnheader', { name: 'Date' })).toHaveAttribute('aria-sort', 'descending');
  await page.getByRole('link', { name: `Show ${job.number} on the map` }).click();
  await expect(page.locator('[data-map] [data-pin]')).toBeVisible();
});

test('another’s change is in the list at once, another customer’s job never', async ({ browse, as }) => {
  const page = await browse({ login: 'customer1', screen: 'phone' });
  await page.goto('/p/demo');
  await expect(page.locator('[data-connection="live"]')).toBeAttached();
  const foreign = await order(await as('customer6'), 'Not for you');
  const own = await order(await as('customer1'), 'For you');
  const line = page.locator(`[data-job="${own.number}"]`);
  await expect(line).toContainText('Unassigned');
  await command(await as('dispatcher'), own, { do: 'cancel', reason: 'Closed today' });
  await expect(line).toContainText('Cancelled');
  await expect(page.locator(`[data-job="${foreign.number}"]`)).toHaveCount(0);
  await page.goto(`/p/demo/jobs/${foreign.id}`);
  await expect(page.getByText('This job is not there, or you may not see it.')).toBeVisible();
});

test('no portal at an address that no company has', async ({ browse }) => {
  const page = await browse();
  await page.goto('/p/nobody');
  await expect(page.getByText('There is no customer portal at this address.')).toBeVisible();
});
