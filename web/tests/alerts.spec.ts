/// Quick alerts from the customer's wish to the mailbox, the phone and back: set, told, stopped, paid for, in the company's own words.
import type { APIRequestContext } from '@playwright/test';
import type { Job } from '../src/lib/protocol';
import { expect, test } from './fixtures';
import { command, hand, order } from './jobs';
import { readable } from './readable';

interface Message {
  channel: 'email' | 'sms';
  to: string;
  subject: string;
  text: string;
  link: string;
}

/** The newest message to somebody that says this. */
async function told(client: APIRequestContext, to: string, says: string | RegExp): Promise<Message> {
  let found: Message | undefined;
  await expect
    .poll(
      async () => {
        const { items } = (await (await client.get('/api/demo/outbox')).json()) as { items: Message[] };
        found = items.find((one) => one.to === to && `${one.subject}\n${one.text}`.search(says) >= 0);
        return found?.text;
      },
      { timeout: 30_000 },
    )
    .toBeDefined();
  return found!;
}

/** On its way to worker 2, who accepts: from here on it is a promise. */
async function promise(dispatcher: APIRequestContext, worker: APIRequestContext, job: Job): Promise<void> {
  await hand(dispatcher, job, 'Eero Salmi');
  await command(worker, job, { do: 'accept' });
}

const path = (link: string) => link.replace(/^https?:\/\/[^/]+/, '');

test('a customer sets an alert on a small phone, is told by e-mail, and stops it with one click', async ({
  browse,
  as,
}) => {
  const email = 'customer5@demo.example';
  const [dispatcher, worker, customer] = [await as('dispatcher'), await as('worker2'), await as('customer5')];
  const page = await browse({ login: 'customer5', screen: 'small_phone', theme: 'dark' });
  await page.goto('/p/demo');
  await page.getByRole('link', { name: 'Alerts' }).click();
  await expect(page.getByText('No address yet.')).toBeVisible();
  await readable(page);
  await page.getByRole('button', { name: 'Add an address' }).click();
  await page.getByRole('textbox', { name: 'E-mail address' }).fill('nobody');
  await page.getByRole('button', { name: `Use ${email}` }).click();
  const card = page.locator(`[data-contact="${email}"]`);
  await card.getByRole('checkbox', { name: 'Scheduled' }).check();
  await card.getByRole('checkbox', { name: 'Cancelled' }).check();
  await card.getByRole('checkbox', { name: 'Quiet hours' }).check();
  await expect(card.getByLabel('From')).toHaveValue('22:00');
  await card.getByRole('checkbox', { name: 'Quiet hours' }).uncheck();
  await readable(page);
  await page.reload();
  await expect(card.getByRole('checkbox', { name: 'Scheduled' })).toBeChecked();
  await expect(card.getByRole('checkbox', { name: 'Started' })).not.toBeChecked();

  const job = await order(customer, 'The alerting tap');
  await promise(dispatcher, worker, job);
  const mail = await told(customer, email, job.number);
  expect(mail.text).toContain('Hello');
  await page.goto(path(mail.link));
  await expect(page.getByText(job.number).first()).toBeVisible();
  await expect(page.getByText('You are told about all your jobs.')).toBeVisible();

  // Whoever reads the mail on another machine needs no log-in to stop it.
  const stranger = await browse({ screen: 'small_phone' });
  await stranger.goto(path(mail.text.match(/https?:\/\/\S+\/u\/\S+/)![0]));
  await expect(stranger.getByText('cu…@demo.example')).toBeVisible();
  await readable(stranger);
  await stranger.getByRole('button', { name: 'Yes, stop them' }).click();
  await expect(stranger.getByRole('heading', { name: 'No more alerts' })).toBeVisible();
  await page.goto('/p/demo/alerts');
  await expect(card.getByText('You stopped alerts to this address.')).toBeVisible();
  await command(dispatcher, job, { do: 'cancel' });
  await card.getByRole('button', { name: 'Send alerts here again' }).click();
  await expect(card.getByText('You stopped alerts to this address.')).toBeHidden();
  const next = await order(customer, 'The tap that rings again');
  await promise(dispatcher, worker, next);
  await told(customer, email, next.number);
  const { items } = (await (await customer.get('/api/demo/outbox')).json()) as { items: Message[] };
  expect(items.filter((one) => one.to === email && one.text.includes('was cancelled'))).toEqual([]);
});

test('a phone number is confirmed by its code, rings, and stands on the account', async ({ browse, as }) => {
  const [number, typed] = ['+358401110006', '+358 40 111 0006'];
  const [dispatcher, worker, customer] = [await as('dispatcher'), await as('worker2'), await as('customer6')];
  const page = await browse({ login: 'customer6' });
  await page.goto('/p/demo/alerts');
  await page.getByRole('button', { name: 'Add an address' }).click();
  await page.getByRole('radio', { name: 'SMS' }).check();
  await page.getByRole('textbox', { name: 'Phone number' }).fill('12');
  await page.getByRole('button', { name: 'Send the code' }).click();
  await expect(page.getByText(/with its country code/)).toBeVisible();
  await page.getByRole('textbox', { name: 'Phone number' }).fill(typed);
  await page.getByRole('button', { name: 'Send the code' }).click();
  const card = page.locator(`[data-contact="${number}"]`);
  const code = (await told(customer, number, 'is your code')).text.slice(0, 6);
  await card.getByRole('textbox', { name: 'Code' }).fill('abc');
  await card.getByRole('button', { name: 'Confirm' }).click();
  await expect(card.getByText(/the code that was sent there/)).toBeVisible();
  await readable(page);
  await card.getByRole('textbox', { name: 'Code' }).fill(code);
  await card.getByRole('button', { name: 'Confirm' }).click();

  // One job only, from its own page.
  const job = await order(customer, 'The ringing tap');
  await page.goto(`/p/demo/jobs/${job.id}`);
  await page.getByRole('button', { name: 'Tell me about this job' }).click();
  await expect(page.getByText('One address is told.')).toBeVisible();
  await promise(dispatcher, worker, job);
  const sms = await told(customer, number, job.number);
  expect(sms.channel).toBe('sms');

  const desk = await browse({ login: 'admin', theme: 'dark' });
  await desk.goto(`/dispatch?job=${job.id}`);
  const drawer = desk.locator('[data-drawer]');
  await expect(drawer.locator('[data-alert="sent"]')).toContainText(number);
  await expect(drawer.locator('[data-alert="sent"]')).toContainText('cost 0.');
  await desk.getByRole('button', { name: 'Close', exact: true }).click();
  await desk.getByRole('link', { name: 'Alerts', exact: true }).click();
  await desk.getByRole('searchbox', { name: 'Search address or name' }).fill(number);
  await expect(desk.locator('[data-alert]')).toHaveCount(1);
  await readable(desk);
  await desk.getByRole('link', { name: 'Text messages' }).click();
  await desk
    .getByRole('button', { name: /Open the statement of/ })
    .first()
    .click();
  await expect(desk.getByRole('region', { name: /Statement of/ }).last()).toContainText(number);
  await readable(desk);
});

test('whoever waits for a code is told why it does not come', async ({ browse, as }) => {
  const admin = await as('admin');
  const limit = async (sms_cap: string | null) => {
    const answer = await admin.put('/api/settings/alerts', { data: { sms_cap } });
    expect(answer.ok(), await answer.text()).toBe(true);
  };
  const { sms_cap } = (await (await admin.get('/api/settings/alerts')).json()) as { sms_cap: string | null };
  const page = await browse({ login: 'customer4', screen: 'small_phone' });
  await page.goto('/p/demo/alerts');
  await limit('0.01');
  try {
    await page.getByRole('button', { name: 'Add an address' }).click();
    await page.getByRole('radio', { name: 'SMS' }).check();
    await page.getByRole('textbox', { name: 'Phone number' }).fill('+358 40 111 0004');
    await page.getByRole('button', { name: 'Send the code' }).click();
    const card = page.locator('[data-contact="+358401110004"]');
    await expect(card.getByRole('alert')).toHaveText(
      "The code did not go out: the company's limit for text messages is reached.",
    );
    await readable(page);
    await limit(sms_cap);
    await card.getByRole('button', { name: 'Send a new code' }).click();
    const code = (await told(await as('customer4'), '+358401110004', 'is your code')).text.slice(0, 6);
    await expect(card.getByRole('alert')).toBeHidden();
    await card.getByRole('textbox', { name: 'Code' }).fill(code);
    await card.getByRole('button', { name: 'Confirm' }).click();
    await expect(card.getByText('Not confirmed')).toBeHidden();
  } finally {
    await limit(sms_cap);
  }
});

test('an admin writes an alert in the company’s own words and sees it before anybody else', async ({
  browse,
}) => {
  const desk = await browse({ login: 'admin' });
  await desk.goto('/dispatch/settings/alerts');
  const section = desk.getByRole('region', { name: 'Alerts' });
  await section.getByRole('combobox', { name: 'Which alert' }).selectOption('nearby');
  const subject = section.getByRole('textbox', { name: 'Subject of the e-mail' });
  await subject.fill('Put the kettle on, {worker} comes for {wrong}');
  await expect(section.getByText(/only \{company\}/)).toBeVisible();
  await subject.fill('Put the kettle on, {worker} is nearly there');
  await expect(desk.locator('[data-preview-subject]')).toHaveText('Put the kettle on, Aino is nearly there');
  await expect(desk.locator('[data-preview-sms]')).toContainText('J-1042');
  await readable(desk);
  await section.getByRole('button', { name: 'Save' }).click();
  await desk.reload();
  await section.getByRole('combobox', { name: 'Which alert' }).selectOption('nearby');
  await expect(section.getByRole('option', { name: 'Nearly there (own words)' })).toBeAttached();
  await section.getByRole('button', { name: 'Back to the built-in words' }).click();
  await section.getByRole('button', { name: 'Save' }).click();
  await expect(section.getByRole('option', { name: 'Nearly there (own words)' })).toBeHidden();

  const phone = await browse({ login: 'dispatcher', screen: 'small_phone', theme: 'dark' });
  await phone.goto('/dispatch/settings/alerts');
  await expect(phone.getByText('Only admins change settings.')).toBeVisible();
  await readable(phone);
  await phone.goto('/dispatch/messages');
  await readable(phone);
});

test('a worker hears of new jobs while the app is closed', async ({ browse, as }) => {
  const email = 'worker3@demo.example';
  const [dispatcher, customer] = [await as('dispatcher'), await as('customer5')];
  const phone = await browse({ login: 'worker3', screen: 'phone', theme: 'dark' });
  await phone.goto('/worker/me');
  await phone.getByRole('button', { name: 'Add an address' }).click();
  await phone.getByRole('button', { name: `Use ${email}` }).click();
  await phone.getByRole('checkbox', { name: 'New job' }).check();
  await readable(phone);
  await phone.close();
  const job = await order(customer, 'A tap for Helmi');
  await hand(dispatcher, job, 'Helmi Koski');
  const mail = await told(dispatcher, email, job.number);
  const again = await browse({ login: 'worker3', screen: 'phone' });
  await again.goto(path(mail.link));
  await expect(again.getByText(job.number).first()).toBeVisible();
});
