/// Notifications on a worker's phone: offered, agreed to, shown while the app is closed, led on by a tap, and ended.
import type { Locator, Page } from '@playwright/test';
import { expect, test } from './fixtures';
import { hand, order } from './jobs';
import { PushService } from './push-service';
import { readable } from './readable';

let service: PushService;
test.beforeEach(async () => {
  service = await PushService.start();
});
test.afterEach(() => service.stop());

/** Notifications on this phone, agreed to; the card that says so. */
async function switchOn(phone: Page): Promise<Locator> {
  await phone.context().grantPermissions(['geolocation', 'notifications']);
  await service.agree(phone);
  await phone.goto('/worker/me');
  await phone.getByRole('button', { name: 'Switch on' }).click();
  const card = phone.locator('[data-contact^="Chrome on "]');
  await expect(card).toBeVisible();
  return card;
}

test('a worker switches notifications on, and a new job shows up on the phone', async ({ browse, as }) => {
  const [dispatcher, customer] = [await as('dispatcher'), await as('customer5')];
  const phone = await browse({ login: 'worker3', screen: 'small_phone', theme: 'dark' });
  const card = await switchOn(phone);
  await expect(card.getByText('This phone')).toBeVisible();
  await expect(card.getByRole('checkbox', { name: 'New job' })).toBeChecked();
  await expect(phone.getByText('Notifications on this phone')).toBeHidden();
  await readable(phone);

  // At the next start the hub knows this browser still, as the same.
  await phone.reload();
  await expect(card).toHaveCount(1);
  const job = await order(customer, 'The tap that notifies');
  await hand(dispatcher, job, 'Helmi Koski');
  await expect.poll(() => service.count, { timeout: 30_000 }).toBe(1);
  await service.deliver(phone);
  const shown = () =>
    phone.evaluate(async () => {
      const registration = await navigator.serviceWorker.ready;
      return (await registration.getNotifications()).map(({ title, body, tag }) => ({ title, body, tag }));
    });
  await expect.poll(shown).toHaveLength(1);
  const [notification] = await shown();
  expect(notification!.title).toContain(job.number);
  expect(notification!.body).toContain('Planned:');
  expect(notification!.tag).toBe(job.id);

  // A tap opens the job, in the app that is open already.
  const [worker] = phone.context().serviceWorkers();
  await worker!.evaluate(`(async () => {
    const [notification] = await self.registration.getNotifications();
    self.dispatchEvent(new NotificationEvent('notificationclick', { notification }));
  })()`);
  await expect(phone).toHaveURL(new RegExp(`/worker/jobs/${job.id}$`));
  await expect(phone.getByText(job.number).first()).toBeVisible();
  await expect.poll(shown).toEqual([]);

  // Dispatch sees how the worker was told; whoever removed the browser is told nothing more.
  const desk = await browse({ login: 'dispatcher' });
  await desk.goto('/dispatch/messages');
  const told = desk.locator('[data-alert="sent"]').filter({ hasText: job.number });
  await expect(told.filter({ hasText: 'Helmi Koski (Chrome on ' })).toBeVisible();
  await phone.goto('/worker/me');
  await card.getByRole('button', { name: /Remove/ }).click();
  await expect(phone.getByRole('button', { name: 'Switch on' })).toBeVisible();
  await readable(phone);
});

test('a browser that is moved to another address while nobody looks misses nothing', async ({
  browse,
  as,
}) => {
  const [dispatcher, customer] = [await as('dispatcher'), await as('customer6')];
  const phone = await browse({ login: 'worker6', screen: 'phone' });
  const card = await switchOn(phone);
  const [worker] = phone.context().serviceWorkers();
  await worker!.evaluate(`(async () => {
    let done;
    const event = new ExtendableEvent('pushsubscriptionchange');
    const newSubscription = ${JSON.stringify(service.subscription('/moved'))};
    self.dispatchEvent(Object.assign(event, { newSubscription, waitUntil: (work) => (done = work) }));
    await done;
  })()`);
  const job = await order(customer, 'The tap that follows');
  await hand(dispatcher, job, 'Toivo Niemi');
  await expect.poll(() => service.path, { timeout: 30_000 }).toBe('/moved');
  await phone.goto('/worker/me');
  await expect(card).toHaveCount(1);
});

test('they are offered once, and not again to whoever said no', async ({ browse }) => {
  const phone = await browse({ login: 'worker4', screen: 'small_phone' });
  await service.agree(phone);
  await phone.context().addInitScript(() => {
    Object.defineProperty(Notification, 'permission', { get: () => 'default' });
  });
  await phone.goto('/worker');
  const offer = phone.getByRole('region', { name: 'Notifications' });
  await expect(offer).toBeVisible();
  await readable(phone);
  await offer.getByRole('button', { name: 'Not now' }).click();
  await expect(offer).toBeHidden();
  await phone.reload();
  await expect(phone.getByRole('heading', { name: 'My jobs', includeHidden: true })).toBeAttached();
  await phone.goto('/worker/me');
  await expect(phone.getByRole('button', { name: 'Switch on' })).toBeVisible();
  await expect(offer).toBeHidden();
});

test('a browser that is gone is forgotten, and one that blocks them is told how to allow them', async ({
  browse,
  as,
}) => {
  const [dispatcher, customer] = [await as('dispatcher'), await as('customer6')];
  const phone = await browse({ login: 'worker5', screen: 'phone' });
  const card = await switchOn(phone);
  service.forget();
  const job = await order(customer, 'The tap that nobody hears of');
  await hand(dispatcher, job, 'Saimi Harju');
  await expect.poll(() => service.count, { timeout: 30_000 }).toBe(1);
  const desk = await browse({ login: 'dispatcher' });
  await desk.goto('/dispatch/messages');
  await expect(desk.locator('[data-alert="unsent"]').filter({ hasText: 'Saimi Harju' })).toContainText(
    'switched off in that browser',
  );
  await phone.context().addInitScript(() => {
    Object.defineProperty(Notification, 'permission', { get: () => 'denied' });
  });
  await phone.reload();
  await expect(phone.getByText('Your browser blocks them for this site.')).toBeVisible();
  await expect(card).toBeHidden();
  await readable(phone);
});
