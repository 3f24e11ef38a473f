/// Programs: an API token that works until it is taken back, and a webhook from the first test to the call that is told again.
import { execFileSync, spawn } from 'node:child_process';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { request } from '@playwright/test';
import { expect, test } from './fixtures';
import { order } from './jobs';
import { readable } from './readable';

test('a token is made, used and taken back', async ({ browse, hub }) => {
  const desk = await browse({ login: 'admin' });
  await desk.goto('/dispatch/settings/tokens');
  await expect(desk.getByText('No token yet.')).toBeVisible();
  await desk.getByRole('button', { name: 'Make a token' }).click();
  const dialog = desk.getByRole('dialog');
  await dialog.getByRole('checkbox', { name: /Read jobs/ }).uncheck();
  await dialog.getByRole('textbox', { name: 'Name' }).fill('Books');
  await dialog.getByRole('button', { name: 'Make a token' }).click();
  await expect(dialog.getByText('This is required')).toBeVisible();
  await dialog.getByRole('checkbox', { name: /Read jobs/ }).check();
  await readable(desk);
  await dialog.getByRole('button', { name: 'Make a token' }).click();
  const secret = await dialog.locator('[data-secret]').inputValue();
  expect(secret).toMatch(/^hub_/);
  await dialog.getByRole('button', { name: 'Done' }).click();
  const program = await request.newContext({
    baseURL: hub.url,
    extraHTTPHeaders: { authorization: `Bearer ${secret}` },
  });
  const answer = await program.get('/api/jobs?limit=1');
  expect(answer.status()).toBe(200);
  expect(answer.headers()['ratelimit-policy']).toContain('w=60');
  expect((await program.get('/api/customers')).status()).toBe(403);
  await desk.reload();
  await expect(desk.locator('[data-token="Books"]')).toContainText('last used');
  await desk.getByRole('button', { name: 'Take back Books' }).click();
  await desk.getByRole('dialog').getByRole('button', { name: 'Take it back' }).click();
  await expect(desk.getByText('No token yet.')).toBeVisible();
  expect((await program.get('/api/jobs?limit=1')).status()).toBe(401);
  await program.dispose();

  // Who is no admin does not even see that there are any.
  const other = await browse({ login: 'dispatcher', screen: 'small_phone', theme: 'dark' });
  await other.goto('/dispatch/settings');
  await expect(other.getByRole('link', { name: 'Alerts', exact: true }).last()).toBeVisible();
  await expect(other.getByRole('link', { name: 'API tokens' })).toHaveCount(0);
});

test('a webhook is tested, told of a job, and told again', async ({ browse, as }) => {
  const heard: { id: string; type: string }[] = [];
  let status = 204;
  const receiver = createServer((call: IncomingMessage, answer) => {
    let body = '';
    call.on('data', (part: Buffer) => (body += part.toString()));
    call.on('end', () => {
      const { type } = JSON.parse(body) as { type: string };
      heard.push({ id: String(call.headers['webhook-id']), type });
      answer.writeHead(status).end();
    });
  });
  await new Promise<void>((done) => receiver.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
  const types = () => heard.map(({ type }) => type);

  const desk = await browse({ login: 'admin', theme: 'dark' });
  await desk.goto('/dispatch/settings/webhooks');
  await desk.getByRole('button', { name: 'Add a webhook' }).click();
  const dialog = desk.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Name' }).fill('Books');
  await dialog.getByRole('textbox', { name: 'Address' }).fill('ftp://nowhere');
  await dialog.getByRole('button', { name: 'None' }).click();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog.getByText(/an address like https/)).toBeVisible();
  await dialog.getByRole('textbox', { name: 'Address' }).fill(url);
  await dialog.getByRole('checkbox', { name: 'job.created' }).check();
  await readable(desk);
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog.locator('[data-secret]')).toHaveValue(/^whsec_/);
  await dialog.getByRole('button', { name: 'Done' }).click();
  const card = desk.locator('[data-webhook="Books"]');
  await card.getByRole('button', { name: 'Send a test' }).click();
  await expect.poll(types).toEqual(['webhook.test']);

  status = 500;
  await order(await as('customer5'), 'The tap that is told of');
  await expect.poll(types).toEqual(['webhook.test', 'job.created']);
  await desk.reload();
  await expect(card.locator('[data-call="waiting"]')).toContainText('500');
  status = 204;
  await expect(card.locator('[data-call="sent"]').first()).toContainText('webhook.test');
  // After five seconds it is tried again by itself, with the same id.
  await expect.poll(types, { timeout: 20_000 }).toEqual(['webhook.test', 'job.created', 'job.created']);
  expect(heard[1]!.id).toBe(heard[2]!.id);
  await desk.reload();
  await card.getByRole('button', { name: /Tell job.created/ }).click();
  await expect.poll(types).toHaveLength(4);
  await readable(desk);

  const phone = await browse({ login: 'admin', screen: 'small_phone' });
  await phone.goto('/dispatch/settings/webhooks');
  await expect(phone.locator('[data-webhook="Books"]')).toBeVisible();
  await readable(phone);
  await desk.getByRole('button', { name: 'Remove Books' }).click();
  await desk.getByRole('dialog').getByRole('button', { name: 'Remove it' }).click();
  await expect(desk.getByText('No webhook yet.')).toBeVisible();
  await new Promise((done) => receiver.close(done));
});

test('a Node program watches jobs with the published client', async ({ hub, as }) => {
  const web = resolve(import.meta.dirname, '..');
  execFileSync('npm', ['run', '--silent', 'client'], { cwd: web });
  const admin = await as('admin');
  const made = await admin.post('/api/tokens', { data: { name: 'Watcher', scopes: ['jobs:read'] } });
  const { id, token } = (await made.json()) as { id: string; token: string };
  const program = spawn('node', ['client/examples/watch-jobs.mjs'], {
    cwd: web,
    env: { ...process.env, HUB: hub.url, TOKEN: token },
  });
  const said: string[] = [];
  for (const stream of [program.stdout, program.stderr]) {
    createInterface({ input: stream }).on('line', (line) => said.push(line));
  }
  await expect.poll(() => said).toContain('# live');
  const job = await order(await as('customer5'), 'The tap that Node hears of');
  await expect.poll(() => said).toContain(`${job.number} job_created`);
  // Taken back, it is told that coming back is useless, and ends.
  const ended = new Promise<number | null>((done) => program.once('exit', done));
  await admin.delete(`/api/tokens/${id}`);
  expect(await ended).toBe(1);
  expect(said).toContain('# ended');
});
