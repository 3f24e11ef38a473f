// An admin writes a job type, a customer orders it, and it is put away and taken back.
import { expect, test } from './fixtures';

test('a job type is written, ordered, changed without touching its jobs, put away and taken back', async ({
  browse,
}) => {
  const admin = await browse({ login: 'admin' });
  await admin.goto('/dispatch/settings/types');
  await admin.getByRole('button', { name: 'New job type' }).click();
  await admin.getByLabel('Name', { exact: true }).fill('Chimney sweep');
  await admin.getByLabel('Planned duration in minutes').fill('40');
  await admin.getByRole('button', { name: 'Add a field' }).last().click();
  const field = admin.locator('[data-field-editor]').last();
  await field.getByLabel('Question or label').fill('How many flues?');
  await field.getByLabel('Kind').selectOption('One of a list');
  await field.getByLabel('Customer').selectOption('Required');
  await admin.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(field.getByText('This is required')).toBeVisible();
  await field.getByLabel('The list, one line for each').fill('One\nTwo\n\nThree');
  await admin.getByRole('button', { name: 'Add a line' }).click();
  const line = admin.locator('[data-line-editor]').last();
  await line.getByLabel('Description').fill('Sweeping');
  await line.getByLabel('Unit price').fill('95,50');
  await admin.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(admin.getByRole('heading', { level: 2, name: 'Chimney sweep' })).toBeVisible();
  await expect(line.getByLabel('Unit price')).toHaveValue('95.5');

  const portal = await browse({ login: 'customer3', screen: 'small_phone' });
  const order = async () => {
    await portal.goto('/p/demo/new');
    await portal.getByRole('link', { name: /^Chimney sweep/ }).click();
  };
  await order();
  await portal.getByRole('combobox', { name: 'Address' }).fill('Bulevardi 4');
  await portal.getByLabel('How many flues?').selectOption('Two');
  await portal.getByRole('button', { name: 'Send request' }).click();
  await expect(portal.getByRole('heading', { level: 1 })).toHaveText('We have received your request');

  // Another name and another order of the steps, for new jobs only.
  await admin.getByLabel('Name', { exact: true }).fill('Chimney and stove');
  await admin.getByRole('button', { name: 'Move Arrive down' }).click();
  await admin.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(admin.getByRole('heading', { level: 2, name: 'Chimney and stove' })).toBeVisible();
  await expect(admin.locator('[data-step-editor]').last().getByLabel('What is to be done')).toHaveValue(
    'Arrive',
  );
  await portal.goto('/p/demo');
  await expect(portal.locator('[data-job]').first()).toContainText('Chimney sweep');

  await admin.getByRole('button', { name: 'Put away' }).click();
  await expect(admin.getByText('Chimney and stove is put away.')).toBeVisible();
  await portal.goto('/p/demo/new');
  await expect(portal.getByRole('link', { name: /^Repair/ })).toBeVisible();
  await expect(portal.getByRole('link', { name: /^Chimney/ })).toHaveCount(0);
  await admin.getByText('Put away (1)').click();
  await admin.getByRole('button', { name: 'Take Chimney and stove back' }).click();
  await expect(admin.getByText('Chimney and stove can be ordered again.')).toBeVisible();
  await portal.reload();
  // What was ordered last is offered first.
  await expect(portal.getByRole('heading', { level: 1 })).toHaveText('New job: Chimney and stove');
  // As it was, for the other journeys.
  await admin.getByRole('combobox', { name: 'Job type' }).selectOption('Chimney and stove');
  await admin.getByRole('button', { name: 'Put away' }).click();
  await expect(admin.getByText('Chimney and stove is put away.').last()).toBeVisible();
});
