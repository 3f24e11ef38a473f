// Takes the README's pictures from a running demo with its drivers: make run, then make pictures (another hub: HUB_URL=... make pictures).
import { createRequire } from 'node:module';
import { join } from 'node:path';

const { chromium } = createRequire(join(process.cwd(), 'package.json'))('@playwright/test');
const url = process.env.HUB_URL ?? 'http://127.0.0.1:8080';
const folder = import.meta.dirname;
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--enable-unsafe-swiftshader'],
});

async function as(person, width, height) {
  const context = await browser.newContext({
    baseURL: url,
    viewport: { width, height },
    deviceScaleFactor: width < 600 ? 2 : 1,
    locale: 'en-GB',
    timezoneId: 'Europe/Helsinki',
    hasTouch: width < 600,
    geolocation: { latitude: 60.1695, longitude: 24.9425 },
    permissions: ['geolocation'],
  });
  const answer = await context.request.post('/api/login', { data: { email: `${person}@demo.example`, password: 'demo' } });
  if (!answer.ok()) throw new Error(`${person} cannot log in: ${answer.status()}`);
  return context;
}

async function picture(context, path, name, until) {
  const page = await context.newPage();
  await page.goto(path);
  await until(page);
  // Maps draw by software here: give them their time once nothing is fetched any more.
  await page.waitForLoadState('networkidle');
  await page.waitForTimeout(10_000);
  await page.screenshot({ path: join(folder, `${name}.png`) });
  console.log(`${name}.png`);
}

const markers = (page) => page.locator('.maplibregl-canvas').first().waitFor();

const dispatcher = await as('dispatcher', 1440, 900);
await picture(dispatcher, '/dispatch', 'dispatch', markers);

const customer = await as('customer1', 1280, 860);

const { items } = await (await customer.request.get('/api/jobs?status=started&status=assigned&limit=50')).json();
const seen = items.find((job) => job.en_route) ?? items.find((job) => job.status === 'started') ?? items[0];
await picture(customer, `/p/demo/jobs/${seen.id}`, 'portal-job', markers);

const admin = await as('admin', 1280, 860);
await picture(admin, '/dispatch/settings/alerts', 'alerts', async (page) => {
  await page.getByRole('combobox', { name: 'Which alert' }).selectOption('en_route');
  await page.locator('[data-preview-sms]').scrollIntoViewIfNeeded();
});

const worker = await as('worker1', 390, 844);
await picture(worker, '/worker', 'worker', (page) => page.getByText('J-').first().waitFor());

await browser.close();
