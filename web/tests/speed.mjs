/// How quickly the schedule follows the hand: 60 workers, 1,000 jobs, one live update per second, real Chromium.
///   HUB_BIN=../target/release/dispatch-hub node tests/speed.mjs [light|map]
/// Prints milliseconds from an input to the frame that shows it. It needs psql, to make the scratch company's workers.
import { execFileSync, spawn } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { chromium, request } from '@playwright/test';

const WORKERS = 60;
const JOBS = 1000;
const TO_PLACE = 60;
const MAP = process.argv.includes('map');

const folder = await mkdtemp(join(tmpdir(), 'dispatch-hub-speed-'));
// The database's own user must reach it.
await chmod(folder, 0o755);
const data = join(folder, 'data');
const hub = spawn(
  process.env.HUB_BIN ?? '../target/debug/dispatch-hub',
  ['demo', '--fresh', '--still', '--data', data, '--listen', '127.0.0.1:0'],
  { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, HUB_BIN: undefined, RUST_LOG: 'error' } },
);
const url = await new Promise((found) =>
  createInterface({ input: hub.stdout }).on('line', (line) => {
    const address = /^listening on (\S+)/.exec(line)?.[1];
    if (address) found(address);
  }),
);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-quic', '--enable-unsafe-swiftshader'],
});
try {
  await measure();
} finally {
  await browser.close();
  hub.kill('SIGTERM');
  await new Promise((gone) => hub.once('exit', gone));
  await rm(folder, { recursive: true, force: true });
}

async function measure() {
  const api = await seed();
  const context = await browser.newContext({
    baseURL: url,
    viewport: { width: 1440, height: 900 },
    timezoneId: 'Europe/Helsinki',
    storageState: await api.storageState(),
  });
  await context.addInitScript((map) => {
    if (!map) localStorage.setItem('dispatch-hub-map', 'no');
    window.inputs = [];
    // From the input itself (its time stamp) to just after the frame that it led to.
    const channel = new MessageChannel();
    const due = [];
    channel.port1.onmessage = () => {
      const { type, at } = due.shift();
      window.inputs.push({ type, ms: performance.now() - at });
    };
    for (const type of ['pointermove', 'pointerup', 'keydown'])
      addEventListener(
        type,
        ({ timeStamp }) =>
          requestAnimationFrame(() => {
            due.push({ type, at: timeStamp });
            channel.port2.postMessage(0);
          }),
        true,
      );
    window.long = [];
    new PerformanceObserver((list) => window.long.push(...list.getEntries().map((e) => e.duration))).observe({
      entryTypes: ['longtask'],
    });
  }, MAP);
  const page = await context.newPage();
  await page.goto('/dispatch');
  await page.waitForSelector('[data-connection="live"]');
  const bars = page.locator('[data-timeline] [data-bar][data-status="allocated"]');
  await bars.first().waitFor();
  await pause(4000);

  await drain(page);
  let beats = 0;
  let beating = true;
  const jobs = (await (await api.get('/api/jobs?status=allocated&limit=200')).json()).items.reverse();
  const beat = (async () => {
    while (beating) {
      const job = jobs[beats++ % 50];
      const start = new Date(Date.parse(job.scheduled_start) + (beats % 4) * 900_000).toISOString();
      await api.post(`/api/jobs/${job.id}/commands`, { data: { do: 'reschedule', start } });
      await pause(1000);
    }
  })();

  const box = await page.locator('[data-timeline]').boundingBox();
  for (let round = 0; round < 8; round++) {
    const all = await bars.all();
    let from;
    for (const bar of all.slice(round * 3)) {
      const at = await bar.boundingBox();
      const inside =
        at && at.x > box.x + 210 && at.y > box.y + 120 && at.y + at.height < box.y + box.height - 60;
      if (inside && at.width > 20 && at.x + at.width < box.x + box.width) from = at;
      if (from) break;
    }
    if (!from) continue;
    await page.mouse.move(from.x + 8, from.y + 20);
    await page.mouse.down();
    for (let step = 1; step <= 30; step++) {
      await page.mouse.move(from.x + 8 + step * 4, from.y + 20 + step * 5);
      await pause(30);
    }
    await page.mouse.up();
    await pause(700);
  }
  report('drag', await drain(page));
  const focused = bars.nth(20);
  await focused.focus();
  for (let press = 0; press < 24; press++) {
    await page.keyboard.press(press % 2 ? 'ArrowLeft' : 'ArrowRight');
    await pause(350);
  }
  report('keys', await drain(page));
  beating = false;
  await beat;
  console.log(
    `${beats} live updates meanwhile; bars drawn: ${await page.locator('[data-timeline] [data-bar]').count()}`,
  );
}

async function drain(page) {
  return page.evaluate(() => {
    const { inputs, long } = window;
    window.inputs = [];
    window.long = [];
    return { inputs, long };
  });
}

function report(name, { inputs, long }) {
  for (const type of new Set(inputs.map((input) => input.type))) {
    const list = inputs
      .filter((input) => input.type === type)
      .map(({ ms }) => ms)
      .sort((a, b) => a - b);
    const at = (share) => list[Math.min(list.length - 1, Math.floor(list.length * share))].toFixed(0);
    console.log(
      `${name} ${type}: n ${list.length}, median ${at(0.5)} ms, p95 ${at(0.95)} ms, max ${at(1)} ms`,
    );
  }
  const worst = long.length > 0 ? Math.max(...long).toFixed(0) : 0;
  console.log(`${name} long tasks: ${long.length}, longest ${worst} ms`);
}

async function seed() {
  execFileSync('psql', ['-q', '-h', join(data, 'run'), '-U', 'hub', '-d', 'hub', '-c', peopleSql()]);
  const api = await request.newContext({ baseURL: url });
  await api.post('/api/login', {
    data: { email: 'dispatcher@demo.example', password: 'demo', tenant: 'demo' },
  });
  const get = async (path) => (await (await api.get(path)).json()).items;
  const workers = (await get('/api/workers?limit=200')).slice(0, WORKERS);
  const [customer] = await get('/api/customers?limit=1');
  const template = (await get('/api/templates')).find(({ name }) => name === 'Repair');
  const midnight = new Date();
  midnight.setHours(6, 0, 0, 0);
  const make = async (n) => {
    const placed = n >= TO_PLACE;
    const start = new Date(midnight.getTime() + Math.floor((n * 7) % 56) * 900_000).toISOString();
    const answer = await api.post('/api/jobs', {
      data: {
        template: template.id,
        customer: customer.id,
        duration_min: 30 + (n % 4) * 15,
        steps: [
          {
            index: 0,
            address: { text: `Keskuskatu ${n}`, latitude: 60.165 + (n % 40) / 4000, longitude: 24.94 },
          },
        ],
        ...(placed
          ? { worker: workers[n % WORKERS].id, scheduled_start: start }
          : { requested_start: start }),
      },
    });
    if (answer.status() !== 201) throw new Error(await answer.text());
  };
  for (let n = 0; n < JOBS; n += 20)
    await Promise.all(Array.from({ length: 20 }, (_, more) => make(n + more)));
  console.log(`${workers.length} workers, ${JOBS} jobs, map ${MAP ? 'shown' : 'hidden'}`);
  return api;
}

function peopleSql() {
  return `with t as (select id from tenant where slug = 'demo'), n as (select generate_series(1, ${WORKERS - 12}) n),
    l as (insert into login (id, email) select gen_random_uuid(), 'extra' || n || '@demo.example' from n returning id, email)
    insert into worker (tenant, id, login, name, hours)
    select t.id, gen_random_uuid(), l.id, 'Worker ' || substr(l.email, 6, length(l.email) - 18),
      (select hours from worker where hours is not null limit 1) from t, l`;
}
