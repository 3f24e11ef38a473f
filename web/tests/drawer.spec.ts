/// The job drawer: everything of a job is edited where it stands, nothing typed is lost, and every change keeps its story.
import type { APIRequestContext, Page } from '@playwright/test';
import type { Job } from '../src/lib/protocol';
import { expect, test } from './fixtures';
import { order } from './jobs';
import { asStored, format, PLAN, planned, thatDay } from './plan';
import { readable } from './readable';

const WORKER = 'Aino Lehto';

async function open(page: Page, job: Job): Promise<void> {
  await page.addInitScript(() => localStorage.setItem('dispatch-hub-map', 'no'));
  await page.goto(`${PLAN}&job=${job.id}`);
  await expect(page.locator('[data-drawer] [data-editor]')).toBeVisible();
}

async function patch(as: APIRequestContext, job: Job, data: object): Promise<void> {
  const answer = await as.patch(`/api/jobs/${job.id}`, { data });
  expect(answer.ok(), await answer.text()).toBe(true);
}

const save = (page: Page) => page.getByRole('button', { name: 'Save changes' });

test('everything is edited, refused at its field, and saved', async ({ browse, as }) => {
  const page = await browse({ login: 'dispatcher' });
  const job = await order(await as('customer1'), 'It drips', new Date(thatDay('10:00')).toISOString());
  await open(page, job);
  const editor = page.locator('[data-editor]');
  const local = `${format.localDate(thatDay('11:30'))}T11:30`;

  await editor.getByLabel('Requested').fill(local);
  await editor.getByLabel('On site').fill('Ada Berg');
  await editor.getByLabel('Phone').fill('+358 40 123');
  await editor.getByLabel('Notes of the customer').fill('Ring twice');
  await editor.getByLabel(/^Internal notes/).fill('Pays late');
  await editor.getByLabel('What is wrong?').fill('It floods');
  await page.getByRole('button', { name: 'Edit Arrive' }).click();
  const address = page.locator('[data-steps]').getByRole('combobox', { name: /Address/ });
  await address.fill('Bulevardi');
  const suggestion = page.getByRole('listbox').getByRole('option').first();
  const chosen = (await suggestion.textContent())!.trim();
  await suggestion.click();
  await expect(page.getByText('Found on the map')).toBeVisible();

  await editor.getByLabel('Minutes').fill('1');
  await save(page).click();
  await expect(page.locator('[data-edit="duration_min"]').getByRole('alert')).toContainText(
    '5 minutes to 14 days',
  );
  await expect(editor.getByLabel('Notes of the customer')).toHaveValue('Ring twice');
  await expect(page.locator('[data-unsaved="8"]')).toBeVisible();

  await editor.getByLabel('Minutes').fill('75');
  await save(page).click();
  await expect(page.locator('[data-unsaved]')).toHaveCount(0);
  const stored = await asStored(page.request, job);
  expect(stored).toMatchObject({
    duration_min: 75,
    notes: 'Ring twice',
    internal_notes: 'Pays late',
    contact: { name: 'Ada Berg', phone: '+358 40 123' },
  });
  expect(Date.parse(String(stored.requested_start))).toBe(thatDay('11:30'));
  expect(stored.steps[0]?.address?.text).toBe(chosen);
  expect(stored.steps[0]?.address?.latitude).not.toBeNull();
  expect(stored.fields.find(({ key }) => key === 'problem')?.value).toBe('It floods');

  const edited = page.locator('[data-history] [data-event="job_edited"]').first();
  await expect(edited).toContainText('dispatch');
  await expect(edited).toContainText('Ring twice');
  await expect(edited).toContainText('It floods');
});

test('what comes in while somebody types overwrites nothing and is shown beside it', async ({
  browse,
  as,
}) => {
  const admin = await as('admin');
  const page = await browse({ login: 'dispatcher' });
  const job = await order(await as('customer1'), 'It drips');
  await open(page, job);
  const notes = page.getByLabel('Notes of the customer');
  await notes.fill('Ring twice');
  await page.getByLabel(/^Internal notes/).fill('Pays late');

  await patch(admin, job, { contact: { name: 'Ada Berg' } });
  await expect(page.getByLabel('On site')).toHaveValue('Ada Berg');
  await expect(notes).toHaveValue('Ring twice');
  await expect(page.locator('[data-collides]')).toHaveCount(0);

  await patch(admin, job, { notes: 'Do not ring', internal_notes: 'Pays early' });
  const mark = page.locator('[data-collides="notes"]');
  await expect(mark).toContainText('changed this while you type: Do not ring');
  await expect(notes).toHaveValue('Ring twice');
  await expect(save(page)).toBeDisabled();
  await mark.getByRole('button', { name: 'Keep mine' }).click();
  await page.locator('[data-collides="internal_notes"]').getByRole('button', { name: 'Take theirs' }).click();
  await expect(page.getByLabel(/^Internal notes/)).toHaveValue('Pays early');

  // Closing the drawer loses nothing either.
  await page.keyboard.press('Escape');
  await expect(page.locator('[data-drawer]')).toHaveCount(0);
  await page
    .locator(`[data-workbench] [data-number="${job.number}"]`)
    .getByRole('button', { name: 'Repair' })
    .click();
  await expect(notes).toHaveValue('Ring twice');
  await save(page).click();
  await expect(page.locator('[data-unsaved]')).toHaveCount(0);
  expect(await asStored(admin, job)).toMatchObject({ notes: 'Ring twice', internal_notes: 'Pays early' });
});

test('a customer’s change is shown as a difference until it is noted', async ({ browse, as }) => {
  const customer = await as('customer1');
  const page = await browse({ login: 'dispatcher' });
  const job = await order(customer, 'It drips');
  await open(page, job);
  await patch(customer, job, { fields: { problem: 'It floods' } });
  const change = page.locator('[data-customer-change]');
  await expect(change).toContainText('It drips');
  await expect(change).toContainText('It floods');
  const line = page.locator('[data-history] [data-event="job_edited"]').first();
  await expect(line).toContainText('portal');
  await change.getByRole('button', { name: 'Noted' }).click();
  await expect(change).toHaveCount(0);
});

test('planned by form; a started step keeps both its times', async ({ browse, as }) => {
  const [admin, worker] = [await as('admin'), await as('worker1')];
  const page = await browse({ login: 'dispatcher' });
  const job = await order(await as('customer1'), 'It drips', new Date(thatDay('10:00')).toISOString());
  await open(page, job);
  const plan = page.locator('[data-plan]');
  await plan.getByLabel('Worker').selectOption({ label: WORKER });
  await plan.getByLabel('Planned start').fill(`${format.localDate(thatDay('10:00'))}T03:05`);
  await expect(plan.locator('[data-warning="outside_hours"]')).toBeVisible();
  await plan.getByLabel('Planned end').fill(`${format.localDate(thatDay('10:00'))}T03:00`);
  await plan.getByRole('button', { name: 'Save the plan' }).click();
  await expect(plan.getByRole('alert')).toContainText('after the start');
  await plan.getByLabel('Planned end').fill(`${format.localDate(thatDay('10:00'))}T04:35`);
  await plan.getByRole('button', { name: 'Save the plan' }).click();
  await expect.poll(async () => (await asStored(admin, job)).minutes).toBe(90);
  await page.getByRole('button', { name: 'Publish', exact: true }).last().click();
  await expect(page.locator('[data-drawer] [data-status="pending"]').first()).toBeVisible();
  for (const command of [{ do: 'accept' }, { do: 'complete_step', step: 0 }])
    expect((await worker.post(`/api/jobs/${job.id}/commands`, { data: command })).ok()).toBe(true);
  await expect(page.locator('[data-history] [data-event="job_started"]')).toContainText('phone');
  await expect(page.locator('[data-steps]')).toContainText('Done ');
  await expect(plan.getByLabel('Planned start')).toBeDisabled();
});

test('a job is duplicated and printed', async ({ browse, as }) => {
  const page = await browse({ login: 'dispatcher' });
  const job = await order(await as('customer1'), 'It drips in the attic');
  await open(page, job);
  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('button', { name: 'Duplicate' }).click();
  const form = page.locator('[data-create]');
  await expect(form.getByLabel('What is wrong?')).toHaveValue('It drips in the attic');
  await form.getByRole('button', { name: 'Create' }).click();
  await expect(form).toHaveCount(0);
  await expect(page.locator('[data-drawer]')).not.toHaveAttribute('data-drawer', job.id);
  const copy = await page.locator('[data-drawer]').getAttribute('data-drawer');
  const stored = await asStored(page.request, { id: copy! });
  expect(stored.steps[0]?.address?.text).toBe('Keskuskatu 3, Helsinki');

  await page.goto(`/dispatch/print/${job.id}`);
  const sheet = page.locator('[data-print]');
  await expect(sheet.getByRole('heading', { level: 1 })).toHaveText('Repair');
  await expect(sheet).toContainText(job.number);
  await expect(sheet).toContainText('It drips in the attic');
  await expect(sheet).not.toContainText('Internal notes');
});

for (const theme of ['light', 'dark'] as const) {
  test(`the drawer is readable, ${theme}`, async ({ browse, as }) => {
    const page = await browse({ login: 'dispatcher', theme });
    const job = await planned(await as('admin'), await as('customer1'), WORKER, '09:00');
    await open(page, job);
    await readable(page, ['[data-map]']);
    await page.getByLabel('Notes of the customer').fill('Mine');
    await patch(await as('admin'), job, { notes: 'Theirs' });
    await expect(page.locator('[data-collides="notes"]')).toBeVisible();
    await readable(page, ['[data-map]']);
  });
}

test('on a small phone: the day as a list, the drawer over all of it', async ({ browse, as }) => {
  const page = await browse({ login: 'dispatcher', screen: 'small_phone' });
  const job = await planned(await as('admin'), await as('customer1'), WORKER, '15:00');
  await page.goto(PLAN);
  await page.getByRole('navigation', { name: 'Schedule' }).getByRole('button', { name: 'Schedule' }).click();
  await page.locator(`[data-day-list] [data-bar="${job.id}"]`).click();
  await expect(page.locator('[data-editor]')).toBeVisible();
  await readable(page, ['[data-map]']);
});
