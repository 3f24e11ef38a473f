// The day at a glance: it counts, it follows, it leads to the jobs, and it fits.
import { expect, test } from './fixtures';
import { order } from './jobs';
import { readable } from './readable';

test('the day overview counts what comes in while it is looked at, and leads to the jobs', async ({
  browse,
  as,
}) => {
  const page = await browse({ login: 'dispatcher' });
  await page.goto('/dispatch');
  await page.getByRole('link', { name: 'Day overview' }).click();
  const unassigned = page.locator('[data-status-count="unassigned"]');
  const before = Number(await unassigned.locator('span').textContent());
  const day = await page.locator('[data-day]').getAttribute('data-day');
  await order(await as('customer1'), 'Counted', `${day}T23:59:00+02:00`);
  await expect(unassigned.locator('span')).toHaveText(String(before + 1));
  await expect(page.locator('[data-load="Aino Lehto"]')).toContainText('planned and');

  await page.getByRole('button', { name: 'The day after' }).click();
  await expect(page.locator('[data-day]')).not.toHaveAttribute('data-day', day!);
  await page.getByLabel('Day', { exact: true }).fill(day!);
  await expect(page.locator('[data-day]')).toHaveAttribute('data-day', day!);
  const [table] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'CSV' }).click(),
  ]);
  expect(table.suggestedFilename()).toBe(`overview-${day}.csv`);

  await unassigned.click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Jobs');
  await expect(page.getByRole('combobox', { name: 'Status' })).toHaveValue('unassigned');
});

for (const theme of ['light', 'dark'] as const) {
  test(`the day overview is readable and fits a small phone, ${theme}`, async ({ browse }) => {
    const page = await browse({ login: 'dispatcher', screen: 'small_phone', theme });
    await page.goto('/dispatch/overview');
    await expect(page.locator('[data-tile]')).toHaveCount(4);
    await readable(page);
  });
}
