/// A day of planning: two dispatchers, a customer and a worker at once, by mouse and by keys, and nobody overwrites anybody.
import type { APIRequestContext, Page } from '@playwright/test';
import { expect, test } from './fixtures';
import { order } from './jobs';
import { asStored, drag, format, middle, openPlan, planned, put, thatDay } from './plan';
import { readable } from './readable';

const WORKER = 'Aino Lehto';
const OTHER = 'Armas Suo';
const QUARTER = 15 * 60_000;

const barOf = (page: Page, number: string) =>
  page.locator(`[data-timeline] [data-bar][data-number="${number}"]`);
const cardOf = (page: Page, number: string) => page.locator(`[data-workbench] [data-number="${number}"]`);
const lineOf = (page: Page, name: string) => page.locator('[data-line]').filter({ hasText: name });

test('from the customer’s wish to the worker’s phone, with two dispatchers who see the same', async ({
  browse,
  as,
}) => {
  const [first, second] = [await browse({ login: 'dispatcher' }), await browse({ login: 'admin' })];
  const phone = await browse({ login: 'worker1', screen: 'phone' });
  await openPlan(first);
  await openPlan(second);
  await phone.goto('/worker');
  const job = await order(await as('customer1'), 'No hot water', new Date(thatDay('10:00')).toISOString());

  await test.step('pink for both until one of them has opened it', async () => {
    for (const page of [first, second]) {
      await expect(cardOf(page, job.number)).toHaveAttribute('data-fresh', 'true');
      await expect(barOf(page, job.number)).toHaveClass(/fresh/);
      await expect(page).toHaveTitle(/^\(\d+\) Schedule/);
    }
    await cardOf(first, job.number).getByRole('button', { name: 'Repair' }).click();
    for (const page of [first, second]) {
      await expect(cardOf(page, job.number)).not.toHaveAttribute('data-fresh', 'true');
      await expect(barOf(page, job.number)).not.toHaveClass(/fresh/);
    }
  });

  await test.step('the other sees who has it open, on the card, the bar and in the drawer', async () => {
    await expect(cardOf(second, job.number).locator('[data-editors]')).toBeVisible();
    await expect(barOf(second, job.number).locator('[data-editors]')).toBeAttached();
    await barOf(second, job.number).click();
    await expect(second.locator('[data-drawer]')).toContainText('has this job open too');
    await second.keyboard.press('Escape');
    await first.keyboard.press('Escape');
    await expect(second.locator('[data-editors]')).toHaveCount(0);
  });

  await test.step('dragged onto a row, moved to another, and made longer', async () => {
    const ten = await middle(barOf(first, job.number));
    const row = (name: string) => middle(lineOf(first, name).locator('[data-row]'));
    await drag(first, await middle(cardOf(first, job.number)), { x: ten.x, y: (await row(WORKER)).y });
    await expect(lineOf(first, WORKER).locator(`[data-number="${job.number}"]`)).toHaveAttribute(
      'data-status',
      'allocated',
    );
    const from = await middle(barOf(first, job.number));
    await drag(first, from, { x: from.x, y: (await row(OTHER)).y });
    await expect(lineOf(second, OTHER).locator(`[data-number="${job.number}"]`)).toBeVisible();
    const before = await asStored(first.request, job);
    expect(before.worker?.name).toBe(OTHER);
    const grip = await middle(barOf(first, job.number).locator('[data-grip]'));
    await drag(first, { ...grip, x: grip.x + 2 }, { x: grip.x + 48, y: grip.y });
    await expect.poll(async () => (await asStored(first.request, job)).minutes).toBe(before.minutes + 30);
    expect((await asStored(first.request, job)).start).toBe(before.start);
    await put(second.request, job, WORKER, '10:00');
    await expect(lineOf(first, WORKER).locator(`[data-number="${job.number}"]`)).toBeVisible();
  });

  await test.step('what will be published is shown before it is', async () => {
    await expect(phone.locator(`[data-job="${job.number}"]`)).toHaveCount(0);
    await lineOf(first, WORKER).locator('[data-publish-row]').click();
    const dialog = first.locator('[data-publish]');
    await expect(dialog.getByText(job.number)).toBeVisible();
    await expect(dialog).toContainText(WORKER);
    // The demo may have planned something for this worker too.
    const all = Number(await dialog.locator('[data-publish-now]').getAttribute('data-publish-now'));
    await dialog.getByRole('checkbox', { name: job.number }).uncheck();
    await expect(dialog.locator(`[data-publish-now="${all - 1}"]`)).toBeVisible();
    await dialog.getByRole('checkbox', { name: job.number }).check();
    await dialog.locator('[data-publish-now]').click();
    for (const page of [first, second])
      await expect(barOf(page, job.number)).toHaveAttribute('data-status', 'pending');
  });

  await test.step('the worker accepts, and everybody sees it', async () => {
    await phone.locator(`[data-job="${job.number}"]`).getByRole('button', { name: 'Accept' }).click();
    for (const page of [first, second])
      await expect(barOf(page, job.number)).toHaveAttribute('data-status', 'assigned');
  });

  await test.step('after a reload the screen is what the hub confirmed', async () => {
    const seen = await picture(first);
    expect(await picture(second)).toEqual(seen);
    expect(Object.keys(seen).length).toBeGreaterThan(0);
    expect(seen).toEqual(await confirmed(first.request));
    await first.reload();
    await expect(first.locator('[data-connection="live"]')).toBeVisible();
    await expect(barOf(first, job.number)).toBeVisible();
    expect(await picture(first)).toEqual(seen);
  });
});

test('everything by keys: move, lengthen, next worker, assign, publish, take off, undo', async ({
  browse,
  as,
}) => {
  const page = await browse({ login: 'dispatcher' });
  const job = await planned(await as('admin'), await as('customer2'), WORKER, '13:00');
  await openPlan(page);
  const stored = () => asStored(page.request, job);
  const bar = barOf(page, job.number);
  await bar.focus();
  const before = await stored();

  for (let press = 0; press < 3; press++) await page.keyboard.press('ArrowRight');
  await expect.poll(async () => (await stored()).start).toBe(before.start + 3 * QUARTER);
  await page.keyboard.press('ArrowLeft');
  await expect.poll(async () => (await stored()).start).toBe(before.start + 2 * QUARTER);
  await page.keyboard.press('Shift+ArrowRight');
  await expect.poll(async () => (await stored()).minutes).toBe(before.minutes + 15);
  await expect(bar).not.toHaveClass(/saving/);
  await page.keyboard.press('ArrowDown');
  await expect.poll(async () => (await stored()).worker?.name).toBe(OTHER);
  await expect(bar).toBeFocused();

  await expect(bar).not.toHaveClass(/saving/);
  await page.keyboard.press('z');
  await expect.poll(async () => (await stored()).worker?.name).toBe(WORKER);
  await page.keyboard.press('z');
  await expect.poll(async () => (await stored()).minutes).toBe(before.minutes);
  await page.keyboard.press('z');
  await expect.poll(async () => (await stored()).start).toBe(before.start + 3 * QUARTER);

  await bar.focus();
  await page.keyboard.press('p');
  await expect(bar).toHaveAttribute('data-status', 'pending');
  await bar.focus();
  await page.keyboard.press('u');
  await expect(cardOf(page, job.number)).toBeVisible();
  await cardOf(page, job.number).getByRole('button', { name: 'Repair' }).focus();
  await page.keyboard.press('a');
  await expect(page.locator('[data-allocate]')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.locator('[data-allocate]')).toHaveCount(0);
  await page.keyboard.press('Escape');
  await bar.focus();
  await page.keyboard.press('Enter');
  await expect(page.locator('[data-drawer]')).toBeVisible();
  await page.keyboard.press('Escape');
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keys' })).toContainText('Undo the last change');
});

test('an undo is refused in words once somebody else has moved the job', async ({ browse, as }) => {
  const admin = await as('admin');
  const page = await browse({ login: 'dispatcher' });
  const job = await planned(admin, await as('customer2'), WORKER, '08:00');
  await openPlan(page);
  await barOf(page, job.number).focus();
  await page.keyboard.press('ArrowRight');
  await expect.poll(async () => (await asStored(admin, job)).start).toBe(thatDay('08:15'));
  await put(admin, job, OTHER, '09:00');
  await expect(lineOf(page, OTHER).locator(`[data-number="${job.number}"]`)).toBeVisible();
  await page.keyboard.press('z');
  await expect(page.getByText(/not undone. The job was changed meanwhile by/)).toBeVisible();
  expect((await asStored(admin, job)).start).toBe(thatDay('09:00'));
});

test('of two who move the same job, the second sees both wishes and decides', async ({ browse, as }) => {
  const admin = await as('admin');
  const page = await browse({ login: 'dispatcher' });
  const job = await planned(admin, await as('customer2'), WORKER, '11:00');
  await openPlan(page);
  const bar = barOf(page, job.number);
  const right = async (meanwhile: () => Promise<unknown>) => {
    const from = await middle(bar);
    await drag(page, from, { x: from.x + 92, y: from.y }, meanwhile);
  };
  const dialog = page.locator('[data-clash]');

  await right(() => put(admin, job, OTHER, '14:00'));
  await expect(dialog).toContainText(OTHER);
  await expect(dialog).toContainText(WORKER);
  await dialog.getByRole('button', { name: 'Leave it as it stands' }).click();
  await expect(dialog).toHaveCount(0);
  expect((await asStored(admin, job)).start).toBe(thatDay('14:00'));
  await expect(lineOf(page, OTHER).locator(`[data-number="${job.number}"]`)).toBeVisible();

  await put(admin, job, WORKER, '11:00');
  await expect(lineOf(page, WORKER).locator(`[data-number="${job.number}"]`)).toBeVisible();
  await right(() => put(admin, job, OTHER, '15:00'));
  await dialog.getByRole('button', { name: 'Apply mine again' }).click();
  await expect.poll(async () => (await asStored(admin, job)).start).toBe(thatDay('12:00'));
  expect((await asStored(admin, job)).worker?.name).toBe(WORKER);
});

test('warnings say what is wrong with a place, and forbid nothing', async ({ browse, as }) => {
  const admin = await as('admin');
  const page = await browse({ login: 'dispatcher' });
  const there = await planned(admin, await as('customer2'), 'Eero Salmi', '12:00');
  const job = await order(await as('customer2'), 'Another', new Date(thatDay('12:15')).toISOString());
  await openPlan(page);
  await cardOf(page, job.number).getByRole('button', { name: 'Assign' }).click();
  const dialog = page.locator('[data-allocate]');
  await dialog.getByLabel('Worker').selectOption({ label: await option(dialog, 'Eero Salmi') });
  await expect(dialog).toContainText(`Overlaps ${there.number}`);
  await dialog.getByLabel('Start').fill(`${format.localDate(thatDay('12:00'))}T02:00`);
  await expect(dialog).toContainText('Outside working hours');
  await dialog.getByRole('button', { name: 'Assign', exact: true }).click();
  await expect(dialog).toHaveCount(0);
  expect((await asStored(admin, job)).status).toBe('allocated');
});

test('the workbench narrows, and the address keeps it', async ({ browse, as }) => {
  const page = await browse({ login: 'dispatcher' });
  const job = await order(await as('customer3'), 'Only this', new Date(thatDay('16:00')).toISOString());
  await openPlan(page);
  await page.getByLabel('Only this type').selectOption({ label: 'Repair' });
  await expect(cardOf(page, job.number)).toBeVisible();
  await page.getByLabel('Find a job, customer, street').fill(job.number);
  await expect(page.locator('[data-workbench] [data-job]')).toHaveCount(1);
  await page.reload();
  await expect(page.locator('[data-workbench] [data-job]')).toHaveCount(1);
  await expect(page.getByLabel('Find a job, customer, street')).toHaveValue(job.number);
  await page.locator('[data-filters]').getByRole('button', { name: /^Late/ }).click();
  await expect(page.getByText('Nothing to place matches.')).toBeVisible();
  await page.locator('[data-filters]').getByRole('button', { name: 'Clear' }).click();
  await expect(page.locator('[data-workbench] [data-job]').nth(1)).toBeVisible();
});

for (const theme of ['light', 'dark'] as const) {
  test(`the schedule and its dialogs are readable, ${theme}`, async ({ browse, as }) => {
    const page = await browse({ login: 'dispatcher', theme });
    await planned(await as('admin'), await as('customer4'), WORKER, '12:00');
    await openPlan(page);
    await readable(page);
    await page.locator('[data-publish-all]').click();
    await expect(page.locator('[data-publish]')).toBeVisible();
    await readable(page);
  });
}

async function option(dialog: ReturnType<Page['locator']>, name: string): Promise<string> {
  return (await dialog.locator('option', { hasText: name }).textContent())!;
}

/** What the timeline shows of that day: by job, its row, status and start. */
async function picture(page: Page): Promise<Record<string, string>> {
  return page.evaluate(() =>
    Object.fromEntries(
      [...document.querySelectorAll<HTMLElement>('[data-line]')].flatMap((line) =>
        [...line.querySelectorAll<HTMLElement>('[data-bar]')].map((bar) => [
          bar.dataset.number!,
          `${line.dataset.line} ${bar.dataset.status} ${/\d\d:\d\d/.exec(bar.title)?.[0]}`,
        ]),
      ),
    ),
  );
}

/** The same, as the hub tells it. */
async function confirmed(as: APIRequestContext): Promise<Record<string, string>> {
  const [from, to] = [thatDay('00:00'), thatDay('00:00') + 24 * 3_600_000].map((at) =>
    new Date(at).toISOString(),
  );
  const answer = await as.get(`/api/schedule?from=${from}&to=${to}`);
  interface Sent {
    id: string;
    number: string;
    status: string;
    worker: { id: string } | null;
    scheduled_start: string | null;
    scheduled_end: string | null;
    duration_min: number;
    requested_start: string | null;
  }
  const { jobs, to_place } = (await answer.json()) as { jobs: Sent[]; to_place: Sent[] };
  const shown = (job: Sent): [string, string][] => {
    const at = Date.parse(job.scheduled_start ?? job.requested_start ?? '');
    const end = job.scheduled_end ? Date.parse(job.scheduled_end) : at + job.duration_min * 60_000;
    const inside = end > thatDay('00:00') && at < thatDay('00:00') + 24 * 3_600_000;
    if (!inside || (job.status === 'cancelled' && !job.worker)) return [];
    return [[job.number, `${job.worker?.id ?? 'unassigned'} ${job.status} ${format.time(at)}`]];
  };
  return Object.fromEntries([...jobs, ...to_place].flatMap(shown));
}
