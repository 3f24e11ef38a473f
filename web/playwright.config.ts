/// Journeys in the system's Chromium; tests/fixtures.ts runs the real hub for them (`HUB_BIN`, else the debug build).
import { defineConfig, devices } from '@playwright/test';

export default defineConfig({
  testDir: 'tests',
  // Generous: a debug build, software graphics and a compiler may share the machine. Speed is measured elsewhere.
  timeout: 120_000,
  expect: { timeout: 20_000 },
  // Each worker has a hub of its own; more would starve a machine of two cores.
  workers: 2,
  fullyParallel: false,
  reporter: process.env.CI ? 'line' : 'list',
  use: {
    ...devices['Desktop Chrome'],
    viewport: { width: 1440, height: 900 },
    locale: 'en-GB',
    actionTimeout: 20_000,
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--enable-unsafe-swiftshader',
      ],
    },
  },
});
