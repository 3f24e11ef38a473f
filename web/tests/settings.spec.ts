/// What admins set, and what their customers then see: without a reload, in the preview, in the next form, on the log-in page.
import type { APIRequestContext, Page } from '@playwright/test';
import { expect, test } from './fixtures';
import { order } from './jobs';
import { readable } from './readable';

interface Linked {
  customers: { id: string; name: string }[];
  name: string;
  id: string;
}

async function me(as: APIRequestContext): Promise<Linked> {
  return ((await (await as.get('/api/me')).json()) as { caller: Linked }).caller;
}

/** Settings as they were: one hub serves all journeys. */
async function put(as: APIRequestContext, path: string, body: unknown): Promise<void> {
  const answer = await as.put(path, { data: body });
  expect(answer.ok(), `${path}: ${await answer.text()}`).toBe(true);
}

const permission = (page: Page, name: string) => page.locator(`[data-permission="${name}"]`);

async function save(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByText('Saved. It holds from now on').last()).toBeVisible();
}

test('an admin takes a permission away, and the customer’s open portal changes without a reload', async ({
  browse,
  as,
}) => {
  const client = await as('customer2');
  const { customers } = await me(client);
  const customer = customers[0]!;
  const job = await order(client, 'The lamp flickers');
  const portal = await browse({ login: 'customer2', screen: 'phone' });
  await portal.goto('/p/demo');
  const line = portal.locator(`[data-job="${job.number}"]`);
  await expect(line).toBeVisible();
  await expect(portal.locator('[data-connection="live"]')).toBeAttached();

  const admin = await browse({ login: 'admin' });
  await admin.goto('/dispatch/settings/permissions');
  await admin.getByLabel('For whom').selectOption({ label: customer.name });
  const view = permission(admin, 'View jobs');
  await expect(view).toContainText(`Can see all jobs of ${customer.name} — allowed by the company`);
  await view.getByText('Deny').click();
  await expect(view).toContainText('denied here, allowed by the company');
  await expect(permission(admin, 'Map')).toContainText('Comes to nothing without “View jobs”');
  await save(admin);
  await expect(line).toHaveCount(0);

  await view.getByText('As above').click();
  await permission(admin, 'Create jobs').getByText('Deny').click();
  await save(admin);
  await expect(line).toBeVisible();
  await expect(portal.getByRole('link', { name: 'New job' })).toHaveCount(0);
  await put(await as('admin'), `/api/customers/${customer.id}/permissions`, { own: {} });
  await expect(portal.getByRole('link', { name: 'New job' })).toBeVisible();
});

test('the preview shows what that person sees, and changes nothing', async ({ browse, as }) => {
  const client = await as('customer3');
  const person = await me(client);
  const job = await order(client, 'Seen by two');
  const theirs = await browse({ login: 'customer3', screen: 'phone' });
  await theirs.goto('/p/demo');
  await expect(theirs.locator('[data-jobs] [data-job]').first()).toBeVisible();
  const numbers = async (page: Pick<Page, 'locator'>) =>
    page
      .locator('[data-jobs] [data-job]')
      .evaluateAll((lines) => lines.map((line) => line.getAttribute('data-job')));

  const desk = await browse({ login: 'dispatcher' });
  await desk.goto('/dispatch/settings/permissions');
  await expect(desk.getByText('Only admins change settings.')).toBeVisible();
  await desk.getByLabel('For whom').selectOption({ label: person.customers[0]!.name });
  await desk.getByLabel('Person').selectOption({ label: person.name });
  await desk.getByRole('button', { name: `See the portal as ${person.name}` }).click();
  const frame = desk.frameLocator('dialog iframe');
  await expect(frame.locator(`[data-job="${job.number}"]`)).toBeVisible();
  expect(
    await frame
      .locator('[data-jobs] [data-job]')
      .evaluateAll((lines) => lines.map((line) => line.getAttribute('data-job'))),
  ).toEqual(await numbers(theirs));
  await frame.locator(`[data-job="${job.number}"] a`).first().click();
  await expect(frame.locator('main h1')).toBeVisible();
  await frame.getByRole('button', { name: 'Cancel' }).first().click();
  await frame.getByRole('button', { name: 'Cancel the job' }).click();
  await expect(frame.getByText('This is only a preview: nothing is sent.')).toBeVisible();
  expect(((await (await client.get(`/api/jobs/${job.id}`)).json()) as { status: string }).status).toBe(
    'unassigned',
  );
});

test('what the matrix hides, the next form lacks; what cannot be is explained', async ({ browse, as }) => {
  const admin = await browse({ login: 'admin' });
  await admin.goto('/dispatch/settings/templates');
  await admin.getByLabel('Job type').selectOption({ label: 'Repair' });
  const row = admin.locator('[data-row="What is wrong?"]');
  await expect(row.getByRole('radio', { name: 'What is wrong?: Required' })).toBeChecked();
  await expect(
    admin.getByRole('radio', { name: /^Notes: Read only\. There is nothing of yours/ }),
  ).toBeDisabled();
  await row.getByRole('radio', { name: 'What is wrong?: Hidden' }).check();
  await expect(row).toHaveAttribute('data-changed', 'true');
  await admin.getByRole('link', { name: 'Company' }).click();
  await expect(admin.getByRole('link', { name: /^What customers see.*not saved/ })).toBeVisible();
  await admin.goBack();
  await expect(row.getByRole('radio', { name: 'What is wrong?: Hidden' })).toBeChecked();
  await save(admin);

  const portal = await browse({ login: 'customer1', screen: 'small_phone' });
  await portal.goto('/p/demo/new');
  await portal.getByRole('link', { name: /^Repair/ }).click();
  await expect(portal.getByRole('button', { name: 'Send request' })).toBeVisible();
  await expect(portal.getByLabel('What is wrong?')).toHaveCount(0);

  await row.getByRole('radio', { name: 'What is wrong?: Required' }).check();
  await save(admin);
  await portal.reload();
  await expect(portal.getByLabel('What is wrong?')).toBeVisible();
  await as('admin');
});

test('a colour that cannot be read is refused with its contrast; one that can is seen on the log-in page', async ({
  browse,
  as,
}) => {
  const admin = await browse({ login: 'admin' });
  await admin.goto('/dispatch/settings/branding');
  const colour = admin.getByRole('textbox', { name: 'Colour', exact: true });
  const before = await colour.inputValue();
  await colour.fill('#ffd400');
  await expect(admin.locator('[data-look="light"]')).toContainText('1.43:1, not readable');
  await admin.getByLabel('Introduction').fill('We come when you call.');
  await admin.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(
    admin.getByText('Its contrast with white is 1.43:1; texts need 4.5:1 to be readable'),
  ).toBeVisible();
  await expect(admin.getByLabel('Introduction')).toHaveValue('We come when you call.');
  await colour.fill('#7c2d12');
  await save(admin);

  const visitor = await browse({ screen: 'small_phone' });
  await visitor.goto('/p/demo');
  await expect(visitor.getByText('We come when you call.')).toBeVisible();
  await expect(visitor.locator('header')).toHaveCSS('background-color', 'rgb(124, 45, 18)');
  const dark = await browse({ theme: 'dark' });
  await dark.goto('/p/demo');
  await expect(dark.getByText('We come when you call.')).toBeVisible();
  await readable(dark);
  await put(await as('admin'), '/api/settings/branding', { colour: before, introduction: '' });
});

test('the portal closes under its visitors, and opens again', async ({ browse, as }) => {
  const client = await as('admin');
  const portal = await browse({ login: 'customer4', screen: 'phone' });
  await portal.goto('/p/demo');
  await expect(portal.locator('[data-connection="live"]')).toBeAttached();
  const admin = await browse({ login: 'admin' });
  await admin.goto('/dispatch/settings/portal');
  await admin.getByLabel('The portal is open').uncheck();
  await save(admin);
  await expect(portal.getByText('This portal is not available at the moment.')).toBeVisible();
  await put(client, '/api/settings/portal', { enabled: true });
  await portal.reload();
  await expect(portal.getByRole('heading', { name: 'Jobs' })).toBeVisible();
});

test('rules of invoices and of arriving are seen before they are saved, and refused with a reason', async ({
  browse,
  as,
}) => {
  const admin = await browse({ login: 'admin' });
  await admin.goto('/dispatch/settings/invoices');
  const sample = admin.locator('[data-sample]');
  await expect(sample).toContainText('€125.00');
  await admin.getByLabel('Include tax').check();
  await admin.getByLabel('Before the number').fill('2026-');
  await expect(sample).toContainText('Invoice 2026-1042');
  await expect(sample).not.toContainText('€125.00');
  await admin.getByLabel('Currency').fill('EU');
  await admin.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(admin.getByText('three letters of ISO 4217')).toBeVisible();
  await admin.getByLabel('Currency').fill('eur');
  await save(admin);
  await expect(admin.getByLabel('Currency')).toHaveValue('EUR');
  await put(await as('admin'), '/api/settings/invoices', { prices_include_tax: false, prefix: '' });

  await admin.goto('/dispatch/settings/dispatch');
  const radius = admin.getByLabel('A worker has arrived within');
  await radius.fill('20');
  await admin.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(admin.getByText('Must be within 75 to 2,000 m')).toBeVisible();
  await radius.fill('400');
  await expect(admin.getByRole('img', { name: 'A circle of 400 metres around the address' })).toBeVisible();
  await admin.getByLabel('Jobs decline themselves').check();
  await admin.getByLabel('Without an answer after').fill('0');
  await admin.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(admin.getByText('Must be within 1 minute to 7 days')).toBeVisible();
  await admin.getByLabel('Without an answer after').fill('20');
  await admin.getByLabel('Workers accept or decline').uncheck();
  await expect(admin.getByLabel('Jobs accept themselves')).toBeDisabled();
  await save(admin);
  await put(await as('admin'), '/api/settings/dispatch', {
    accept_decline: true,
    auto_decline_min: null,
    arrival_radius_m: 100,
  });
});

test('an own host is a name, and only where the operator named the hub’s', async ({ browse }) => {
  const admin = await browse({ login: 'admin' });
  await admin.goto('/dispatch/settings/portal');
  await admin.getByLabel('Own host name').fill('https://jobs.example.com');
  await admin.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(admin.getByText('a host name without https:// and path')).toBeVisible();
  await admin.getByLabel('Own host name').fill('jobs.example.com');
  await admin.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(admin.getByText('until the operator has named the hub')).toBeVisible();
  await admin.getByRole('button', { name: 'Discard' }).click();
  await expect(admin.getByLabel('Own host name')).toHaveValue('');
});

test('the portal button is copied, and shows under the strictest policy', async ({ browse, hub }) => {
  const admin = await browse({ login: 'admin' });
  await admin.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await admin.goto('/dispatch/settings/button');
  await admin.getByLabel('Text').fill('Order <here>');
  await admin.getByRole('button', { name: 'Copy' }).click();
  await expect(admin.getByText('Copied.')).toBeVisible();
  const copied = await admin.evaluate(() => navigator.clipboard.readText());
  expect(copied).toContain(`href="${hub.url}/p/demo"`);
  expect(copied).not.toMatch(/<script|style=|<here>/);
  // While settings arrive, the frame is drawn several times in a row; Chromium may leave it empty then.
  await expect(async () => {
    await admin.getByLabel('Text').fill('Order');
    await admin.getByLabel('Text').fill('Order <here>');
    const link = admin.frameLocator('iframe').getByRole('link', { name: 'Order <here>' });
    await expect(link).toBeVisible({ timeout: 3_000 });
  }).toPass();
});

test('of two admins the second sees what the first saved, and keeps what was typed', async ({
  browse,
  as,
}) => {
  const admin = await browse({ login: 'admin' });
  await admin.goto('/dispatch/settings/company');
  const address = admin.getByRole('textbox', { name: 'Address' });
  await address.fill('Pier 1\nHelsinki');
  await put(await as('admin'), '/api/settings/company', { tax_number: 'FI12345678' });
  await admin.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(admin.getByText('Somebody else saved these settings meanwhile (tax_number)')).toBeVisible();
  await expect(admin.getByLabel('VAT or tax number')).toHaveValue('FI12345678');
  await expect(address).toHaveValue('Pier 1\nHelsinki');
  await admin.getByLabel('Saturday', { exact: true }).check();
  await admin.getByLabel('Saturday, from').fill('08:00');
  await admin.getByLabel('Saturday, to').fill('07:00');
  await admin.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(admin.getByText('The end must be after the start')).toBeVisible();
  await admin.getByLabel('Saturday', { exact: true }).uncheck();
  await save(admin);
  const reasons = admin.getByRole('link', { name: 'Decline reasons' });
  await reasons.click();
  await admin.getByRole('button', { name: 'Add a reason' }).click();
  await admin.getByLabel('Reason 5').fill('No time');
  await admin.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(admin.getByText('This is there twice')).toBeVisible();
  await admin.getByRole('button', { name: 'Discard' }).click();
  await expect(admin.getByLabel('Reason 5')).toHaveCount(0);
});

const PAGES = [
  'company',
  'portal',
  'permissions',
  'templates',
  'branding',
  'button',
  'dispatch',
  'invoices',
  'reasons',
];

for (const screen of ['small_phone', 'desk'] as const) {
  for (const theme of ['light', 'dark'] as const) {
    test(`every page of the settings is readable and fits: ${screen}, ${theme}`, async ({ browse }) => {
      const page = await browse({ login: 'admin', screen, theme });
      for (const name of PAGES) {
        await page.goto(`/dispatch/settings/${name}`);
        await expect(page.getByRole('heading', { level: 2 })).toBeVisible();
        await expect(page.locator('main fieldset, main textarea').first()).toBeVisible();
        await readable(page);
      }
    });
  }
}
