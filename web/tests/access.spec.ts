/// Every screen for everybody: no serious finding of axe, light and dark, and nothing wider than a small phone.
import type { Page } from '@playwright/test';
import { expect, test, type Person } from './fixtures';
import { readable } from './readable';

interface Screen {
  name: string;
  path: string;
  login?: string;
  /** What is there once the screen is. */
  shows: string;
}

const SCREENS: Screen[] = [
  { name: 'start', path: '/', shows: 'h1' },
  { name: 'portal log-in', path: '/p/demo', shows: 'form' },
  { name: 'portal list', path: '/p/demo', login: 'customer1', shows: '[data-jobs] [data-job]' },
  { name: 'portal types', path: '/p/demo/new', login: 'customer1', shows: 'main ul a' },
  { name: 'portal map', path: '/p/demo/map', login: 'customer1', shows: '[data-map]' },
  { name: 'worker log-in', path: '/worker', shows: 'form' },
  { name: 'worker list', path: '/worker', login: 'worker1', shows: '[data-job]' },
  { name: 'worker and phone', path: '/worker/me', login: 'worker1', shows: 'h1' },
  {
    name: 'dispatch',
    path: '/dispatch',
    login: 'dispatcher',
    shows: '[data-connection="live"]',
  },
];

for (const screen of SCREENS) {
  for (const theme of ['light', 'dark'] as const) {
    test(`${screen.name}, ${theme}`, async ({ browse }) => {
      const page = await open(await browse({ ...login(screen), theme }), screen);
      await readable(page);
    });
  }

  test(`${screen.name} fits a small phone`, async ({ browse }) => {
    const page = await open(await browse({ ...login(screen), screen: 'small_phone' }), screen);
    await readable(page);
  });
}

for (const theme of ['light', 'dark'] as const) {
  test(`a job in the portal, and its form, ${theme}`, async ({ browse }) => {
    const page = await browse({ login: 'customer1', theme, screen: 'small_phone' });
    await page.goto('/p/demo');
    await page.locator('[data-jobs] [data-job] a').first().click();
    await expect(page.locator('main h1')).toBeVisible();
    await readable(page, ['[data-map]']);
    await page.goto('/p/demo/new');
    await page.getByRole('link', { name: /^Repair/ }).click();
    await page.getByRole('button', { name: 'Send request' }).click();
    await expect(page.getByText(/things need your attention/)).toBeVisible();
    await readable(page);
  });

  test(`a job on the worker’s phone, ${theme}`, async ({ browse }) => {
    const page = await browse({ login: 'worker1', theme, screen: 'small_phone' });
    await page.goto('/worker');
    await page.locator('[data-job] a').first().click();
    await expect(page.locator('main h1')).toBeVisible();
    await readable(page);
  });
}

const login = ({ login }: Screen): Person => (login ? { login } : {});

async function open(page: Page, { path, shows }: Screen): Promise<Page> {
  await page.goto(path);
  await expect(page.locator(shows).first()).toBeAttached();
  return page;
}
