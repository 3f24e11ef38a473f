/// What a first visit has to fetch: scripts, gzipped, before anything lazy (ui.md's budgets).
import { test as plain, expect } from '@playwright/test';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { gzipSync } from 'node:zlib';

const DIST = resolve(import.meta.dirname, '../dist');
const BUDGETS_KB = { portal: 60, worker: 60, dispatch: 120, index: 60, track: 60 };

for (const [page, budget] of Object.entries(BUDGETS_KB)) {
  plain(`${page} loads at most ${budget} kB of scripts at first`, () => {
    const html = readFileSync(resolve(DIST, `${page}.html`), 'utf8');
    const scripts = new Set(html.match(/\/assets\/[^"]+\.js/g));
    const bytes = [...scripts].map((path) => gzipSync(readFileSync(DIST + path)).length);
    expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(budget * 1000);
  });
}
