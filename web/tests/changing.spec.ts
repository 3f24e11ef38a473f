/// Changing one's mind: edit, cancel and delete, with a dispatcher who sees it at once and sometimes is faster.
import { expect, test } from './fixtures';
import { command, hand, order } from './jobs';
import { format } from './plan';

const WORKER = 'Aino Lehto';

test('an edit is at the dispatcher’s at once, marked, and moves nothing on the schedule', async ({
  browse,
  as,
}) => {
  const job = await order(await as('customer1'), 'A heater that is cold');
  const dispatch = await as('dispatcher');
  const start = await hand(dispatch, job, WORKER);
  const desk = await browse({ login: 'dispatcher' });
  await desk.goto(`/dispatch?date=${format.localDate(start)}`);
  const page = await browse({ login: 'customer1' });
  await page.goto(`/p/demo/jobs/${job.id}`);
  await page.getByRole('link', { name: 'Edit' }).click();
  const before = await planned();
  await page.getByLabel('What is wrong?').fill('It is warm again, but it drips');
  await page.getByRole('button', { name: 'Save changes' }).click();
  await expect(page.getByText('Your changes are saved.')).toBeVisible();
  await expect(page.getByText('It is warm again, but it drips')).toBeVisible();
  expect(await planned()).toEqual(before);
  const seen = (await (await dispatch.get(`/api/jobs/${job.id}`)).json()) as { changed_by_customer: boolean };
  expect(seen.changed_by_customer).toBe(true);
  await expect(desk.locator(`[data-bar][data-number="${job.number}"]`).getByLabel(/changed/i)).toBeAttached();

  async function planned(): Promise<unknown> {
    const { scheduled_start, scheduled_end } = (await (await dispatch.get(`/api/jobs/${job.id}`)).json()) as {
      scheduled_start: string;
      scheduled_end: string;
    };
    return { scheduled_start, scheduled_end };
  }
});

test('who was slower is told what changed, and loses nothing of what they typed', async ({ browse, as }) => {
  const job = await order(await as('customer1'), 'A switch that sparks');
  const page = await browse({ login: 'customer1', screen: 'small_phone' });
  await page.goto(`/p/demo/jobs/${job.id}/edit`);
  const typed = page.getByLabel('What is wrong?');
  await typed.fill('Two switches spark');
  const edit = await (
    await as('dispatcher')
  ).patch(`/api/jobs/${job.id}`, {
    data: { notes: 'We ring before we come' },
  });
  expect(edit.ok()).toBe(true);
  await page.getByRole('button', { name: 'Save changes' }).click();
  await expect(page.locator('[data-meanwhile]')).toContainText('We ring before we come');
  await expect(typed).toHaveValue('Two switches spark');
  await page.getByRole('button', { name: 'Save changes' }).click();
  await expect(page.getByText('Your changes are saved.')).toBeVisible();
  await expect(page.getByText('Two switches spark')).toBeVisible();
  await expect(page.getByText('We ring before we come')).toBeVisible();
});

test('cancel with a reason, delete for good: the dispatcher sees both at once', async ({ browse, as }) => {
  const customer = await as('customer1');
  const [called_off, removed] = [
    await order(customer, 'No longer needed'),
    await order(customer, 'Ordered by mistake'),
  ];
  const desk = await browse({ login: 'dispatcher' });
  await desk.goto('/dispatch');
  const card = (number: string) => desk.locator(`[data-workbench] [data-number="${number}"]`);
  await expect(card(called_off.number)).toBeVisible();
  await expect(card(removed.number)).toBeVisible();

  const page = await browse({ login: 'customer1' });
  await page.goto(`/p/demo/jobs/${called_off.id}`);
  await page.getByRole('button', { name: 'Cancel job' }).click();
  await page.getByLabel('Reason').fill('We found the stopcock');
  await page.getByRole('button', { name: 'Cancel the job' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('This job was cancelled');
  await expect(card(called_off.number)).toHaveCount(0);
  await expect(page.getByRole('link', { name: 'Edit' })).toHaveCount(0);

  await page.goto('/p/demo');
  await page.getByRole('button', { name: `Delete ${removed.number}` }).click();
  await expect(page.getByRole('dialog')).toContainText('cannot be brought back');
  await page.getByRole('button', { name: 'Keep the job' }).click();
  await expect(page.locator(`[data-job="${removed.number}"]`)).toBeVisible();
  await page.getByRole('button', { name: `Delete ${removed.number}` }).click();
  await page.getByRole('button', { name: 'Delete the job' }).click();
  await expect(page.locator(`[data-job="${removed.number}"]`)).toHaveCount(0);
  await expect(card(removed.number)).toHaveCount(0);
  expect((await customer.get(`/api/jobs/${removed.id}`)).status()).toBe(404);
});

test('too late: the reason stands where the button was pressed', async ({ browse, as }) => {
  const job = await order(await as('customer1'), 'A bell that is silent');
  const page = await browse({ login: 'customer1' });
  await page.goto(`/p/demo/jobs/${job.id}`);
  await page.getByRole('button', { name: 'Delete' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toBeVisible();
  await hand(await as('dispatcher'), job, WORKER);
  const worker = await as('worker1');
  await command(worker, job, { do: 'accept' });
  await command(worker, job, { do: 'complete_step', step: 0 });
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Work is under way');
  await dialog.getByRole('button', { name: 'Delete the job' }).click();
  await expect(dialog.getByRole('alert')).toBeVisible();
  await dialog.getByRole('button', { name: 'Keep the job' }).click();
  // What is not possible any more is not offered any more.
  await expect(page.getByRole('button', { name: 'Delete' })).toHaveCount(0);
  await expect(page.getByRole('link', { name: 'Edit' })).toHaveCount(0);
});

test('a job that starts while it is edited keeps what was typed, to copy', async ({ browse, as }) => {
  const job = await order(await as('customer1'), 'A gate that hangs');
  await hand(await as('dispatcher'), job, WORKER);
  const worker = await as('worker1');
  await command(worker, job, { do: 'accept' });
  const page = await browse({ login: 'customer1', screen: 'small_phone' });
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.goto(`/p/demo/jobs/${job.id}/edit`);
  await page.getByLabel('What is wrong?').fill('It hangs, and it squeaks');
  await command(worker, job, { do: 'complete_step', step: 0 });
  await page.getByRole('button', { name: 'Save changes' }).click();
  const lost = page.locator('[data-lost-edit]');
  await expect(lost.getByRole('alert')).toContainText('Your changes were not saved');
  await expect(lost).toContainText('It hangs, and it squeaks');
  await lost.getByRole('button', { name: 'Copy what I typed' }).click();
  await expect(page.getByText('Copied.')).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toContain('It hangs, and it squeaks');
  await expect(lost.getByRole('link', { name: /^Call/ })).toHaveAttribute('href', /^tel:/);
});
