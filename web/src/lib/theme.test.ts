/// Measures the contrast of every pair of text and ground that app.css defines.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { contrast, readableOn } from './contrast';
import { texts } from './messages';

const statusOrder = Object.keys(texts.status);
const css = readFileSync(new URL('../app.css', import.meta.url), 'utf8');

/** The custom properties of a theme: daisyUI's block and our own. */
function tokens(theme: 'light' | 'dark'): Map<string, string> {
  const blocks = [
    css.slice(css.indexOf(`name: '${theme}'`)),
    css.slice(css.indexOf(`[data-theme='${theme}'] {`)),
  ].map((text) => text.slice(0, text.indexOf('}')));
  const pairs = blocks.flatMap((block) => [...block.matchAll(/(--[\w-]+):\s*(#[0-9a-f]{6})/g)]);
  return new Map(pairs.map(([, name, value]) => [name!, value!]));
}

const pairs: [text: string, ground: string][] = [
  ['--color-base-content', '--color-base-100'],
  ['--color-base-content', '--color-base-200'],
  ['--color-base-content', '--color-base-300'],
  ['--muted', '--color-base-100'],
  ['--muted', '--color-base-200'],
  ['--fresh-text', '--fresh-tint'],
  ['--late', '--color-base-100'],
  ['--color-success', '--color-base-100'],
  ['--color-error', '--color-base-100'],
  ['--color-warning', '--color-base-100'],
  ['--color-neutral-content', '--color-neutral'],
  ...['primary', 'secondary', 'accent', 'success', 'warning', 'error'].map((name): [string, string] => [
    `--color-${name}-content`,
    `--color-${name}`,
  ]),
  ...statusOrder.map((status): [string, string] => [`--${status}-text`, `--${status}-tint`]),
];

describe.each(['light', 'dark'] as const)('%s', (theme) => {
  const colours = tokens(theme);
  it.each(pairs)('%s on %s is readable', (text, ground) => {
    expect(contrast(colours.get(text)!, colours.get(ground)!)).toBeGreaterThanOrEqual(4.5);
  });

  it.each(statusOrder)('the edge of %s stands out from the page', (status) => {
    expect(contrast(colours.get(`--${status}`)!, colours.get('--color-base-100')!)).toBeGreaterThanOrEqual(2);
  });
});

it('makes a tenant’s colour readable on light and dark ground, and leaves one that is', () => {
  for (const colour of ['#0f766e', '#ffff00', '#000000', '#1d4ed8']) {
    for (const ground of ['#f4f6f9', '#191e26']) {
      expect(contrast(readableOn(ground, colour), ground)).toBeGreaterThanOrEqual(4.5);
    }
  }
  expect(readableOn('#f4f6f9', '#0f766e')).toBe('#0f766e');
});
