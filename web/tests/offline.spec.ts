/// A worker without a network: the app starts, work goes on, and everything arrives once, in order, when it can.
import type { Page, WebSocketRoute } from '@playwright/test';
import { expect, STATION, test } from './fixtures';
import type { FieldValues, Job } from '../src/lib/protocol';
import { command, hand, order, orderOf } from './jobs';
import { photo } from './pictures';

const WORKER = 'Aino Lehto';

test('the app starts without the hub, and what was done then arrives later', async ({ hub, browse, as }) => {
  const job = await order(await as('customer1'), 'Found offline');
  await hand(await as('dispatcher'), job, WORKER);
  const phone = await browse({ login: 'worker1', screen: 'phone' });
  await phone.goto('/worker');
  const card = phone.locator(`[data-job="${job.number}"]`);
  await expect(card).toBeVisible();
  // Installed: the page and all it is made of are kept, and so are the jobs.
  await expect.poll(() => keptParts(phone)).toBeGreaterThan(4);
  await expect.poll(() => keptJobs(phone, job.id)).toBe(true);

  await hub.kill();
  await phone.reload();
  await expect(card).toBeVisible();
  await expect(phone.locator('[data-connection="offline"]')).toBeAttached();
  await card.getByRole('button', { name: 'Accept' }).click();
  await card.getByRole('link').first().click();
  await phone.getByRole('button', { name: 'Done: Arrive' }).click();
  await expect(phone.locator('[data-waiting="2"]')).toContainText('Will sync (2)');
  await expect(phone.locator('[data-step="0"]')).toHaveAttribute('data-waiting', 'true');

  // Also what was done survives the page.
  await phone.reload();
  await expect(phone.locator('[data-waiting="2"]')).toBeVisible();
  await hub.restart();
  await expect(phone.locator('[data-connection="live"]')).toBeAttached({ timeout: 30_000 });
  await expect(phone.locator('[data-step="0"]')).toHaveAttribute('data-done', 'true');
  const events = await (await as('dispatcher')).get(`/api/jobs/${job.id}/events`);
  const kinds = ((await events.json()) as { items: { kind: string }[] }).items.map(({ kind }) => kind);
  expect(kinds.filter((kind) => kind === 'job_assigned' || kind === 'job_started').sort()).toEqual([
    'job_assigned',
    'job_started',
  ]);
});

test('a worker who was too late is told, and why', async ({ browse, as }) => {
  const dispatcher = await as('dispatcher');
  const job = await order(await as('customer1'), 'Too late');
  await hand(dispatcher, job, WORKER);
  const phone = await browse({ login: 'worker1', screen: 'phone' });
  const wire = await cuttable(phone);
  await phone.goto('/worker');
  const card = phone.locator(`[data-job="${job.number}"]`);
  await expect(card).toBeVisible();
  await wire.cut();
  await expect(phone.locator('[data-connection="offline"]')).toBeAttached();
  await card.getByRole('button', { name: 'Accept' }).click();
  await expect(phone.getByText('Will sync (1)')).toBeVisible();
  await command(dispatcher, job, { do: 'unpublish' });
  wire.mend();
  await expect(phone.locator('[data-refused]')).toContainText(job.number, { timeout: 30_000 });
  await expect(card).toHaveCount(0);
  await phone.getByRole('button', { name: 'Got it' }).click();
  await expect(phone.locator('[data-refused]')).toHaveCount(0);
});

test('positions measured without the hub are kept, and arrive later', async ({ browse, as }) => {
  const phone = await browse({ login: 'worker2', screen: 'phone' });
  const wire = await cuttable(phone);
  await phone.goto('/worker');
  await expect(phone.locator('[data-connection="live"]')).toBeAttached();
  await phone.getByRole('switch').click();
  await expect(phone.locator('[data-duty="on"]')).toBeVisible();
  await phone.getByRole('link', { name: 'Me and this phone' }).click();
  await expect(phone.locator('[data-location="on"]')).toBeVisible();
  await expect(phone.getByText(/positions? kept/)).toHaveCount(0);

  await wire.cut();
  await expect(phone.locator('[data-connection="offline"]')).toBeAttached();
  const latitude = STATION.latitude + 0.003;
  await expect(async () => {
    await phone.context().setGeolocation({ ...STATION, latitude: latitude + Math.random() * 0.001 });
    await expect(phone.getByText(/positions kept/)).toBeVisible({ timeout: 1_000 });
  }).toPass();
  wire.mend();
  await expect(phone.locator('[data-connection="live"]')).toBeAttached();
  await expect(phone.getByText(/positions? kept/)).toHaveCount(0);

  const dispatcher = await as('dispatcher');
  const { items: workers } = (await (await dispatcher.get('/api/workers?limit=200')).json()) as {
    items: { id: string; name: string }[];
  };
  const { id } = workers.find(({ name }) => name === 'Eero Salmi')!;
  const track = await dispatcher.get(`/api/workers/${id}/track`);
  const { items } = (await track.json()) as { items: { latitude: number }[] };
  expect(items.filter((fix) => fix.latitude >= latitude).length).toBeGreaterThanOrEqual(2);
});

test('a photo and a signature taken without a network arrive with their step', async ({ browse, as }) => {
  const [dispatcher, customer, worker] = [await as('dispatcher'), await as('customer4'), await as('worker1')];
  const job = await orderOf(customer, 'Deep cleaning', { rooms: ['Kitchen'] });
  await hand(dispatcher, job, WORKER);
  await command(worker, job, { do: 'accept' });
  const steps: FieldValues[] = [{}, {}, { done: ['Kitchen'] }];
  for (const [step, fields] of steps.entries()) {
    await command(worker, job, { do: 'complete_step', step, fields });
  }
  const phone = await browse({ login: 'worker1', screen: 'phone' });
  const wire = await cuttable(phone);
  await phone.goto(`/worker/jobs/${job.id}`);
  await expect(phone.getByRole('button', { name: 'Finish job' })).toBeVisible();
  await expect.poll(() => keptParts(phone)).toBeGreaterThan(8);
  await expect.poll(() => keptJobs(phone, job.id)).toBe(true);

  await phone.context().setOffline(true);
  await wire.cut();
  const large = await photo(phone, 3000);
  await phone
    .locator('[data-field="after"] input[type=file]')
    .setInputFiles({ name: 'kitchen.jpg', mimeType: 'image/jpeg', buffer: large });
  await expect(phone.locator('[data-field="after"] [data-picture] img')).toBeVisible();
  await phone.getByLabel('Or type your name as your signature').fill('Siiri Koski');
  await phone.getByRole('button', { name: 'Use this signature' }).click();
  await expect(phone.locator('[data-field="signed"] img')).toBeVisible();
  await phone.getByRole('button', { name: 'Finish job' }).click();
  await expect(phone.locator('[data-waiting="1"]')).toContainText('Will sync (1)');

  // A dead battery in between costs nothing.
  await phone.reload();
  await expect(phone.locator('[data-waiting="1"]')).toBeVisible();
  await expect(phone.locator('[data-field="after"] img')).toHaveJSProperty('complete', true);
  await phone.context().setOffline(false);
  wire.mend();
  const after = async () => {
    const { steps, status } = (await (await dispatcher.get(`/api/jobs/${job.id}`)).json()) as Job;
    const fields = Object.fromEntries(steps.at(-1)!.fields.map(({ key, value }) => [key, value]));
    return { status, fields };
  };
  await expect.poll(async () => (await after()).status, { timeout: 45_000 }).toBe('completed');
  const { after: photos, signed } = (await after()).fields as { after: string[]; signed: string };
  expect(photos).toHaveLength(1);
  for (const id of [photos[0]!, signed]) expect((await customer.get(`/api/files/${id}`)).status()).toBe(200);
  expect((await (await customer.get(`/api/files/${photos[0]!}`)).body()).length).toBeLessThan(large.length);
  await expect(phone.locator('header [data-waiting]')).toHaveCount(0);
});

test('the network goes in the middle of every action, and each happens once', async ({ browse, as }) => {
  test.slow();
  const [dispatcher, customer] = [await as('dispatcher'), await as('customer5')];
  const job = await order(customer, 'In the middle');
  await hand(dispatcher, job, 'Lempi Aalto');
  const phone = await browse({ login: 'worker11', screen: 'phone' });
  const wire = await cuttable(phone);
  await phone.goto(`/worker/jobs/${job.id}`);
  const button = (name: string | RegExp) => phone.getByRole('button', { name });
  const acts: [click: string | RegExp, shown: string, kind: string][] = [
    ['Accept', '[data-status="assigned"]', 'job_assigned'],
    ['On my way', '[data-status="assigned"]', 'job_en_route'],
    ['Done: Arrive', '[data-step="0"][data-waiting="true"]', 'job_started'],
    [/^Undo/, '[data-step="0"][data-done="false"]', 'job_step_undone'],
    ['Done: Arrive', '[data-step="0"][data-waiting="true"]', 'job_started'],
    ['Pause', '[data-waiting]', 'job_paused'],
    ['Go on', '[data-waiting]', 'job_resumed'],
  ];
  const kinds = async () => {
    const events = await (await dispatcher.get(`/api/jobs/${job.id}/events?limit=200`)).json();
    return (events as { items: { kind: string }[] }).items.map(({ kind }) => kind);
  };
  const before = (await kinds()).length;
  const happened: string[] = [];
  for (const [click, shown, kind] of acts) {
    await expect(phone.locator('[data-connection="live"]')).toBeAttached({ timeout: 30_000 });
    await expect(button(click)).toBeVisible({ timeout: 15_000 });
    // The hub does it, but nobody hears the answer.
    wire.deafen();
    await button(click).click();
    await expect(phone.locator(shown).first()).toBeAttached();
    happened.push(kind);
    await expect.poll(async () => (await kinds()).slice(before)).toEqual(happened);
    await wire.cut();
    await expect(phone.locator('[data-waiting="1"]')).toBeVisible();
    wire.mend();
    await expect(phone.locator('header [data-waiting]')).toHaveCount(0, { timeout: 30_000 });
    expect((await kinds()).slice(before), 'sent again, and known').toEqual(happened);
  }
});

test('a step is taken back within ten seconds', async ({ browse, as }) => {
  const job = await order(await as('customer1'), 'Undone');
  await hand(await as('dispatcher'), job, WORKER);
  await command(await as('worker1'), job, { do: 'accept' });
  const phone = await browse({ login: 'worker1', screen: 'phone' });
  await phone.goto(`/worker/jobs/${job.id}`);
  await phone.getByRole('button', { name: 'Done: Arrive' }).click();
  await expect(phone.locator('[data-step="0"]')).toHaveAttribute('data-done', 'true');
  await phone.getByRole('button', { name: /^Undo/ }).click();
  await expect(phone.locator('[data-step="0"]')).toHaveAttribute('data-done', 'false');
  await expect(phone.locator('article')).toHaveAttribute('data-status', 'assigned');
});

/** A socket that can be cut, refused until it is mended, and made to lose what the hub says. */
async function cuttable(
  page: Page,
): Promise<{ cut: () => Promise<void>; mend: () => void; deafen: () => void }> {
  let through = true;
  let deaf = false;
  let open: WebSocketRoute | undefined;
  await page.routeWebSocket('**/ws', (socket) => {
    if (!through) return void socket.close({ code: 1013 });
    open = socket;
    const hub = socket.connectToServer();
    hub.onMessage((message) => {
      if (!deaf) socket.send(message);
    });
  });
  return {
    cut: async () => {
      through = false;
      await open?.close({ code: 1013 });
    },
    mend: () => {
      through = true;
      deaf = false;
    },
    deafen: () => (deaf = true),
  };
}

function keptParts(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const [name] = await caches.keys();
    if (!name) return 0;
    const kept = await (await caches.open(name)).keys();
    return kept.filter(({ url }) => new URL(url).pathname.startsWith('/assets/')).length;
  });
}

function keptJobs(page: Page, job: string): Promise<boolean> {
  return page.evaluate(async (job) => {
    const [found] = (await indexedDB.databases()).filter(({ name }) =>
      name?.startsWith('dispatch-hub-worker/'),
    );
    const opening = indexedDB.open(found!.name!);
    const database = await new Promise<IDBDatabase>(
      (resolve) => (opening.onsuccess = () => resolve(opening.result)),
    );
    const asking = database.transaction('kept').objectStore('kept').get('jobs');
    const jobs = await new Promise<{ id: string }[] | undefined>(
      (resolve) => (asking.onsuccess = () => resolve(asking.result as { id: string }[] | undefined)),
    );
    database.close();
    return jobs?.some(({ id }) => id === job) ?? false;
  }, job);
}
