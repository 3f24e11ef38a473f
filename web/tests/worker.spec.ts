// What a worker knows beyond the job at hand: their week, and what was done at the same place before.
import type { FieldValues, Job } from '../src/lib/protocol';
import { expect, test } from './fixtures';
import { command, hand, order } from './jobs';
import { format, planned, thatDay, workerId } from './plan';

test('the worker’s week: hours, days away and jobs, also without a network', async ({ browse, as }) => {
  const [dispatcher, customer] = [await as('dispatcher'), await as('customer2')];
  const id = await workerId(dispatcher, 'Venla Ranta');
  const job = await planned(dispatcher, customer, 'Venla Ranta', '12:00');
  await command(dispatcher, job, { do: 'publish' });
  const next = format.localDate(format.addDays(format.startOfDay(Date.now()), 7));
  const absences = [{ from: next, to: next, note: 'Dentist' }];
  const set = await dispatcher.put(`/api/workers/${id}/availability`, { data: { hours: null, absences } });
  expect(set.ok(), await set.text()).toBe(true);

  const phone = await browse({ login: 'worker7', screen: 'small_phone' });
  await phone.goto('/worker');
  await phone.getByRole('link', { name: 'My week' }).click();
  const day = phone.locator(`[data-day="${format.localDate(thatDay('12:00'))}"]`);
  // That day may be in the next week.
  if ((await day.count()) === 0) await phone.getByRole('button', { name: 'The week after' }).click();
  await expect(day.getByRole('link')).toContainText('Repair');
  await expect(day).toContainText('12:00');
  await phone.goto('/worker/week');
  await phone.getByRole('button', { name: 'The week after' }).click();
  const away = phone.locator(`[data-day="${next}"]`);
  await expect(away).toContainText('Dentist');
  await expect.poll(() => phone.evaluate(() => navigator.serviceWorker.controller !== null)).toBe(true);
  await expect
    .poll(() => phone.evaluate(async () => (await (await caches.open('worker-app-1')).keys()).length))
    .toBeGreaterThan(8);
  await phone.context().setOffline(true);
  await phone.reload();
  await phone.getByRole('button', { name: 'The week after' }).click();
  await expect(away).toContainText('Dentist');
  await phone.context().setOffline(false);
  await dispatcher.put(`/api/workers/${id}/availability`, { data: { hours: null, absences: [] } });
});

test('the worker sees who could see them, and when', async ({ browse, as }) => {
  const [dispatcher, customer, worker] = [await as('dispatcher'), await as('customer3'), await as('worker8')];
  const job = await order(customer, 'Who sees whom?');
  await hand(dispatcher, job, 'Urho Kallio');
  await command(worker, job, { do: 'accept' });
  const phone = await browse({ login: 'worker8', screen: 'phone' });
  await phone.goto('/worker/me');
  const shared = phone.locator('[data-shared] li');
  await expect(shared).toHaveText(['Nobody.']);
  await phone.getByRole('switch').click();
  await expect(shared).toHaveCount(1);
  await expect(shared.first()).toContainText(/Dispatch.*now/);
  await command(worker, job, { do: 'en_route' });
  await expect(shared.first()).toContainText(job.number);
  await command(worker, job, { do: 'complete_step', step: 0 });
  await command(worker, job, { do: 'pause' });
  await expect(shared.first()).not.toContainText('now');
  await phone.reload();
  await expect(shared).toHaveCount(2);
  await phone.getByRole('switch').click();
  await expect(phone.locator('[data-shared]')).not.toContainText('now');
});

test('what was done at the asset before is there to read on site', async ({ browse, as }) => {
  const [dispatcher, customer] = [await as('dispatcher'), await as('customer1')];
  const { items } = (await (await customer.get('/api/assets')).json()) as { items: { id: string }[] };
  const at = async (problem: string): Promise<Job> => {
    const job = await order(customer, problem);
    const set = await dispatcher.patch(`/api/jobs/${job.id}`, { data: { asset: items[0]!.id } });
    expect(set.ok(), await set.text()).toBe(true);
    await hand(dispatcher, job, 'Kerttu Laine');
    return job;
  };
  const [before, now] = [await at('It rattles'), await at('It rattles again')];
  const worker = await as('worker9');
  await command(worker, before, { do: 'accept' });
  const steps: FieldValues[] = [
    {},
    { cause: 'Wear' },
    { work: 'Tightened the belt' },
    { safe: true },
    { returned_to: 'Reception' },
  ];
  for (const [step, fields] of steps.entries()) {
    await command(worker, before, { do: 'complete_step', step, fields });
  }
  const phone = await browse({ login: 'worker9', screen: 'small_phone', theme: 'dark' });
  await phone.goto(`/worker/jobs/${now.id}`);
  await phone.getByText('Earlier jobs here').click();
  const earlier = phone.locator('[data-earlier]');
  await expect(earlier).toContainText('Tightened the belt');
  await expect(earlier).toContainText('Kerttu');
  await command(worker, now, { do: 'accept' });
});
