/// Assigning without dragging: by the dialog, at whatever minute the customer asked for.
import { expect, test } from './fixtures';
import { order } from './jobs';

test('a job asked for at an odd minute is assigned by the dialog as it stands', async ({ browse, as }) => {
  const soon = new Date(Date.now() + 2 * 3_600_000);
  soon.setMinutes(43, 0, 0);
  const job = await order(await as('customer1'), 'The lamp flickers', soon.toISOString());
  const desk = await browse({ login: 'dispatcher' });
  await desk.goto('/dispatch');
  await desk
    .locator(`[data-workbench] [data-number="${job.number}"]`)
    .getByRole('button', { name: 'Assign' })
    .click();
  const dialog = desk.locator('[data-allocate]');
  await dialog.getByLabel('Worker').selectOption({ index: 1 });
  await dialog.getByRole('button', { name: 'Assign and publish' }).click();
  await expect(desk.locator('[data-allocate]')).toHaveCount(0);
  const answer = await desk.request.get(`/api/jobs/${job.id}`);
  const planned = (await answer.json()) as { status: string; scheduled_start: string };
  expect(planned.status).toBe('pending');
  expect(Date.parse(planned.scheduled_start)).toBe(soon.getTime());
});
