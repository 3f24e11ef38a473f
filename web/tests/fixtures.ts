/// What every journey starts from: a running hub, and people with a browser each.
import { test as base, expect, request, type APIRequestContext, type Page } from '@playwright/test';
import { RunningHub } from './hub';

export { expect };

/** Screens that the apps are made for. */
export const SCREENS = {
  phone: { width: 390, height: 844 },
  small_phone: { width: 360, height: 780 },
  desk: { width: 1440, height: 900 },
} as const;

/** The middle of the demo's town. */
export const STATION = { latitude: 60.1695, longitude: 24.9425 };

export const PASSWORD = 'demo';

export interface Person {
  /** The name before `@demo.example`; without one, nobody is logged in. */
  login?: string;
  screen?: keyof typeof SCREENS;
  theme?: 'light' | 'dark';
  /** Where they are; by default in the tenant's zone. */
  timezone?: string;
}

interface Fixtures {
  /** A browser of one's own, logged in. */
  browse: (person?: Person) => Promise<Page>;
  /** The hub's API as somebody: quicker than clicking, where clicking is not what is tested. */
  as: (login: string) => Promise<APIRequestContext>;
}

export const test = base.extend<Fixtures, { hub: RunningHub }>({
  hub: [
    // eslint-disable-next-line no-empty-pattern -- Playwright reads the names out of this pattern.
    async ({}, use) => {
      const hub = await RunningHub.start();
      await use(hub);
      await hub.stop();
    },
    { scope: 'worker', timeout: 120_000 },
  ],

  baseURL: async ({ hub }, use) => use(hub.url),

  browse: async ({ browser, hub }, use) => {
    const pages: Page[] = [];
    await use(async ({ login, screen = 'desk', theme = 'light', timezone = 'Europe/Helsinki' } = {}) => {
      const context = await browser.newContext({
        baseURL: hub.url,
        viewport: SCREENS[screen],
        colorScheme: theme,
        locale: 'en-GB',
        timezoneId: timezone,
        hasTouch: screen !== 'desk',
        geolocation: STATION,
        permissions: ['geolocation'],
      });
      if (login) await logIn(context.request, login);
      const page = await context.newPage();
      pages.push(page);
      return page;
    });
    for (const page of pages) await page.context().close();
  },

  as: async ({ hub }, use) => {
    const clients: APIRequestContext[] = [];
    await use(async (login) => {
      const client = await request.newContext({ baseURL: hub.url });
      clients.push(client);
      await logIn(client, login);
      return client;
    });
    for (const client of clients) await client.dispose();
  },
});

async function logIn(client: APIRequestContext, login: string): Promise<void> {
  const answer = await client.post('/api/login', {
    data: { email: `${login}@demo.example`, password: PASSWORD, tenant: 'demo' },
  });
  expect(answer.ok(), `${login} logs in`).toBe(true);
}
