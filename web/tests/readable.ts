/// What every page owes whoever reads it: no breach of WCAG 2.1 A or AA, and nothing wider than the screen.
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect } from './fixtures';

/** Looks once everything has moved to its place, and names each breach with the elements it is found at; not inside `except`. */
export async function readable(page: Page, except: string[] = []): Promise<void> {
  await page.evaluate(() =>
    Promise.all(document.getAnimations().map(({ finished }) => finished.catch(() => null))),
  );
  const builder = new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']);
  // A mail's own HTML, in which no script may run, axe's neither.
  for (const selector of ['iframe', ...except]) builder.exclude(selector);
  const { violations } = await builder.analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
  const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(over, 'pixels wider than the screen').toBeLessThanOrEqual(0);
}
