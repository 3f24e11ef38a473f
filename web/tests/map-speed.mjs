/// How smoothly the map moves under 10,000 workers: the standard load's hub, a dispatcher's real Chromium.
///   LOADTEST=../target/release/loadtest node tests/map-speed.mjs [workers]
/// Prints the times between two frames while workers move, while the map is dragged, and while it is zoomed.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { chromium } from '@playwright/test';

const WORKERS = process.argv[2] ?? '10000';
const load = spawn(
  process.env.LOADTEST ?? '../target/release/loadtest',
  ['--visit', '--workers', WORKERS, '--dispatchers', '1', '--portal-users', '10', '--fix-every', '10'].concat(
    [
      '--seconds',
      '75',
      '--commands-per-second',
      '1',
      '--orders-per-second',
      '0.2',
      '--name',
      'map',
      '--out',
      '../target/bench',
    ],
  ),
  { stdio: ['ignore', 'pipe', 'inherit'] },
);
const [url, session] = await new Promise((found) =>
  createInterface({ input: load.stdout }).on('line', (line) => {
    const visit = /^visit (\S+) (\S+)/.exec(line);
    if (visit) found([visit[1], visit[2]]);
  }),
);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-quic', '--enable-unsafe-swiftshader'],
});
try {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  await context.addCookies([{ name: 'hub_session', value: session, url }]);
  const page = await context.newPage();
  await page.goto(`${url}/dispatch/map`);
  await page.waitForSelector('canvas');
  await pause(8000);
  for (const [what, act] of [
    ['zoomed out, hexagons', () => pause(10_000)],
    ['dragged', () => drag(page)],
    ['zoomed in', () => zoom(page, 5)],
    ['in the middle of town', () => pause(10_000)],
    ['dragged there', () => drag(page)],
  ]) {
    await page.evaluate(watch);
    await act();
    console.log(`${what}: ${await page.evaluate(report)}`);
  }
} finally {
  await browser.close();
  // It ends by itself, and its hub with it.
  if (load.exitCode === null) await new Promise((gone) => load.once('exit', gone));
}

async function drag(page) {
  for (let round = 0; round < 6; round++) {
    await page.mouse.move(900, 500);
    await page.mouse.down();
    for (let step = 1; step <= 30; step++) {
      await page.mouse.move(900 - step * 6 * (round % 2 ? -1 : 1), 500 + step * 2);
      await pause(25);
    }
    await page.mouse.up();
    await pause(400);
  }
}

async function zoom(page, steps) {
  await page.mouse.move(720, 450);
  for (let step = 0; step < steps; step++) {
    await page.mouse.wheel(0, -300);
    await pause(900);
  }
}

function watch() {
  window.frames_ms = [];
  window.long_ms = [];
  let last = performance.now();
  const token = (window.watching = {});
  const tick = (now) => {
    if (window.watching !== token) return;
    window.frames_ms.push(now - last);
    last = now;
    requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
  window.observer ??= new PerformanceObserver((list) =>
    window.long_ms.push(...list.getEntries().map(({ duration }) => duration)),
  );
  window.observer.observe({ entryTypes: ['longtask'] });
}

function report() {
  window.watching = undefined;
  const sorted = window.frames_ms.slice(1).sort((a, b) => a - b);
  const at = (share) => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]);
  const long = window.long_ms.map(Math.round).sort((a, b) => b - a);
  return `n ${sorted.length}, median ${at(0.5)} ms, p95 ${at(0.95)} ms, max ${at(1)} ms; long tasks ${long.length}, longest ${long[0] ?? 0} ms`;
}
