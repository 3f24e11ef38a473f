/// Getting in: invited, signed up, forgotten the password, with several companies, and out again.
import type { APIRequestContext } from '@playwright/test';
import { expect, PASSWORD, test } from './fixtures';
import { readable } from './readable';

interface Mail {
  to: string;
  subject: string;
  link: string;
}

const NEW = 'a good password';
let count = 0;
const address = () => `visitor${Date.now()}${count++}@mail.example`;

/** The newest mail to an address. */
async function mailTo(client: APIRequestContext, to: string, subject: RegExp): Promise<Mail> {
  let found: Mail | undefined;
  await expect
    .poll(async () => {
      const { items } = (await (await client.get('/api/demo/outbox')).json()) as { items: Mail[] };
      found = items.find((mail) => mail.to === to && subject.test(mail.subject));
      return found?.subject;
    })
    .toMatch(subject);
  return found!;
}

/** Invites through the API. */
async function invite(
  dispatcher: APIRequestContext,
  email: string,
  name = 'Elsa Visitor',
): Promise<{ id: string }> {
  const { items } = (await (await dispatcher.get('/api/customers')).json()) as { items: { id: string }[] };
  const answer = await dispatcher.post('/api/portal-users', {
    data: { name, email, customers: [items[0]!.id] },
  });
  expect(answer.status(), await answer.text()).toBe(201);
  return (await answer.json()) as { id: string };
}

test('invited from the lists, activated on a small phone, and the same link is the log-in afterwards', async ({
  browse,
}) => {
  const email = address();
  const desk = await browse({ login: 'dispatcher' });
  await desk.goto('/dispatch');
  await desk.getByRole('link', { name: 'Lists' }).click();
  await desk.getByRole('link', { name: 'Portal users' }).click();
  await desk.getByRole('button', { name: 'Invite a portal user' }).click();
  await desk.getByRole('button', { name: 'Send invitation' }).click();
  await expect(desk.getByText('This is required').first()).toBeVisible();
  await desk.getByRole('textbox', { name: 'Name' }).fill('Elsa Visitor');
  await desk.getByRole('textbox', { name: 'E-mail' }).fill('customer1@demo.example');
  await desk.getByRole('searchbox', { name: 'Search customers' }).fill('Bakery');
  await desk.getByRole('checkbox', { name: /Bakery/ }).check();
  await desk.getByRole('button', { name: 'Send invitation' }).click();
  await expect(desk.getByText('Somebody else has this already')).toBeVisible();
  await expect(desk.getByRole('textbox', { name: 'Name' })).toHaveValue('Elsa Visitor');
  await readable(desk);
  await desk.getByRole('textbox', { name: 'E-mail' }).fill(email);
  await desk.getByRole('button', { name: 'Send invitation' }).click();
  await desk.getByRole('searchbox', { name: 'Search by name' }).fill(email);
  await expect(desk.locator('[data-person="Elsa Visitor"] [data-invitation]')).toHaveText('Invited');
  await readable(desk);

  const phone = await browse({ screen: 'small_phone' });
  await phone.goto('/demo/outbox');
  const mail = phone.locator(`[data-mail="${email}"]`);
  await expect(async () => {
    await phone.reload();
    await expect(mail).toBeVisible({ timeout: 500 });
  }).toPass();
  await expect(
    mail.frameLocator('iframe').getByRole('link', { name: 'Accept the invitation' }),
  ).toBeVisible();
  const link = (await mail.getByRole('link', { name: 'Open its link' }).getAttribute('href'))!;
  await mail.getByRole('link', { name: 'Open its link' }).click();
  await expect(phone.getByRole('heading', { name: 'Welcome, Elsa Visitor' })).toBeVisible();
  await readable(phone);
  await phone.getByLabel('New password').fill('short');
  await phone.getByRole('button', { name: 'Accept and go on' }).click();
  await expect(phone.getByText('Must be within 8 to 500 characters')).toBeVisible();
  await phone.getByLabel('New password').fill(NEW);
  await phone.getByRole('button', { name: 'Accept and go on' }).click();
  await expect(phone.locator('[data-connection="live"]')).toBeAttached();
  await expect(phone).toHaveURL(/\/p\/demo$/);
  await desk.reload();
  await expect(desk.locator('[data-person="Elsa Visitor"] [data-invitation]')).toHaveText('Has joined');

  const later = await browse({ screen: 'small_phone' });
  await later.goto(link);
  await expect(later.getByLabel('E-mail')).toHaveValue(email);
  await readable(later);
  await later.getByLabel('Password').fill(NEW);
  await later.getByRole('button', { name: 'Log in' }).click();
  await expect(later.locator('[data-connection="live"]')).toBeAttached();
});

test('a withdrawn invitation says so, and a new one works', async ({ browse, as }) => {
  const email = address();
  const dispatcher = await as('dispatcher');
  await invite(dispatcher, email, 'Veikko Visitor');
  const first = await mailTo(dispatcher, email, /invites you/);
  const desk = await browse({ login: 'dispatcher' });
  await desk.goto(`/dispatch/people/portal-users?q=${email}`);
  await desk.getByRole('button', { name: 'Withdraw the invitation of Veikko Visitor' }).click();
  await expect(desk.locator('[data-invitation]')).toHaveText('Withdrawn');
  const visitor = await browse({ screen: 'small_phone' });
  await visitor.goto(first.link);
  await expect(visitor.getByRole('heading', { name: 'This invitation was taken back' })).toBeVisible();
  await readable(visitor);
  await desk.getByRole('button', { name: 'Send Veikko Visitor the invitation again' }).click();
  await expect(desk.locator('[data-invitation]')).toHaveText('Invited');
  await expect.poll(async () => (await mailTo(dispatcher, email, /invites you/)).link).not.toBe(first.link);
  await visitor.goto((await mailTo(dispatcher, email, /invites you/)).link);
  await expect(visitor.getByRole('heading', { name: 'Welcome, Veikko Visitor' })).toBeVisible();
  await visitor.goto('/i/nonsense');
  await expect(visitor.getByText('This link leads nowhere.')).toBeVisible();
});

test('a forgotten password', async ({ browse, as }) => {
  const email = address();
  const dispatcher = await as('dispatcher');
  await invite(dispatcher, email);
  const { link } = await mailTo(dispatcher, email, /invites you/);
  await dispatcher.post(`/api/invitations/${link.split('/i/')[1]}`, { data: { password: 'long forgotten' } });
  const visitor = await browse({ screen: 'small_phone' });
  await visitor.goto('/p/demo');
  await visitor.getByLabel('E-mail').fill(email);
  await visitor.getByRole('link', { name: 'Forgotten your password?' }).click();
  await expect(visitor.getByLabel('E-mail')).toHaveValue(email);
  await readable(visitor);
  await visitor.getByRole('button', { name: 'Send the link' }).click();
  await expect(visitor.getByText(`If there is a log-in with ${email}`)).toBeVisible();
  const reset = await mailTo(dispatcher, email, /new password/);
  await visitor.goto(reset.link);
  await readable(visitor);
  await visitor.getByLabel('New password').fill(NEW);
  await visitor.getByRole('button', { name: 'Set a new password' }).click();
  await expect(visitor.getByText('You have been signed out everywhere.')).toBeVisible();
  await visitor.goto(reset.link);
  await visitor.getByLabel('New password').fill(NEW);
  await visitor.getByRole('button', { name: 'Set a new password' }).click();
  await expect(visitor.getByText('That link has been used or is too old.')).toBeVisible();
});

test('two companies behind one address, a new password, and out of every browser', async ({
  browse,
  as,
  hub,
  playwright,
}) => {
  const email = address();
  const dispatcher = await as('dispatcher');
  await invite(dispatcher, email, 'Both Sides');
  const { link } = await mailTo(dispatcher, email, /invites you/);
  await dispatcher.post(`/api/invitations/${link.split('/i/')[1]}`, { data: { password: NEW } });
  const other = await playwright.request.newContext({ baseURL: hub.url });
  await other.post('/api/login', { data: { email: 'dispatcher@other.example', password: PASSWORD } });
  await invite(other, email, 'Both Sides');
  const second = await mailTo(dispatcher, email, /Ketunleipä.*invites you/);
  await other.dispose();

  const phone = await browse({ screen: 'small_phone' });
  await phone.goto(second.link);
  await expect(phone.getByText('This address has a log-in already.')).toBeVisible();
  await phone.getByLabel('Your password').fill('not this one');
  await phone.getByRole('button', { name: 'Accept and go on' }).click();
  await expect(phone.getByText('Expected the password of this log-in')).toBeVisible();
  await phone.getByLabel('Your password').fill(NEW);
  await phone.getByRole('button', { name: 'Accept and go on' }).click();
  await expect(phone).toHaveURL(/\/p\/other$/);

  const desk = await browse();
  await desk.goto('/');
  await desk.getByLabel('E-mail').fill(email);
  await desk.getByLabel('Password').fill(NEW);
  await desk.getByRole('button', { name: 'Log in' }).click();
  await expect(desk.getByText('Where do you want to go?')).toBeVisible();
  await desk.getByRole('button', { name: /Hepokatti/ }).click();
  await expect(desk).toHaveURL(/\/p\/demo$/);
  await desk.getByRole('link', { name: 'Account' }).click();
  await expect(desk.getByRole('button', { name: /Ketunleipä/ })).toBeVisible();
  await readable(desk);
  await desk.getByRole('button', { name: /Ketunleipä/ }).click();
  await expect(desk).toHaveURL(/\/p\/other$/);
  await desk.goto('/p/other/account');
  await expect(desk.locator('[data-sessions] li')).not.toHaveCount(0);
  await phone.goto('/p/other/account');
  await expect(phone.locator('[data-connection="live"]')).toBeAttached();
  await readable(phone);
  await desk.getByRole('button', { name: 'Sign out everywhere' }).click();
  await expect(desk.getByLabel('Password', { exact: true })).toBeVisible();
  await expect(phone.getByText('You have been signed out')).toBeVisible();
});

test('anybody signs up where the company wants it, and is in after one click in the mail', async ({
  browse,
  as,
}) => {
  const email = address();
  const dispatcher = await as('dispatcher');
  const closed = await browse();
  await closed.goto('/p/demo/signup');
  await expect(closed.getByRole('button', { name: 'Log in' })).toBeVisible();
  await expect(closed.getByRole('button', { name: 'Sign up' })).toHaveCount(0);

  const visitor = await browse({ screen: 'small_phone' });
  await visitor.goto('/p/other');
  await visitor.getByRole('button', { name: 'Sign up' }).click();
  await expect(visitor).toHaveURL(/\/signup$/);
  await visitor.getByLabel('Your name').fill('Kaino Newcomer');
  await visitor.getByRole('textbox', { name: 'E-mail' }).fill('not an address');
  await visitor.getByLabel('Password').fill('short');
  await visitor.getByRole('button', { name: 'Sign up' }).click();
  await expect(visitor.getByText('Expected an e-mail address')).toBeVisible();
  await expect(visitor.getByText('Must be within 8 to 500 characters')).toBeVisible();
  await expect(visitor.getByLabel('Your name')).toHaveValue('Kaino Newcomer');
  await readable(visitor);
  await visitor.getByRole('textbox', { name: 'E-mail' }).fill(email);
  await visitor.getByLabel('Password').fill(NEW);
  await visitor.getByRole('button', { name: 'Sign up' }).click();
  await expect(visitor.getByText(`We have sent a link to ${email}`)).toBeVisible();
  const { link } = await mailTo(dispatcher, email, /Confirm/);
  await visitor.goto(link);
  await readable(visitor);
  await visitor.getByRole('button', { name: 'Yes, this is my address' }).click();
  await expect(visitor.locator('[data-connection="live"]')).toBeAttached();
  await expect(visitor).toHaveURL(/\/p\/other$/);

  const later = await browse();
  await later.goto(link);
  await later.getByRole('button', { name: 'Yes, this is my address' }).click();
  await expect(later.getByLabel('E-mail')).toHaveValue(email);
});
