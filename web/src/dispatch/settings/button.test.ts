import { expect, it } from 'vitest';
import { portalButton, portalLink, strictPage } from './button';

it('a snippet holds nothing that a strict policy forbids, whatever the text', () => {
  const naughty = `"><script>alert('1')</script>`;
  for (const snippet of [
    portalButton('https://hub.example/p/north', naughty, '#1d4ed8'),
    portalLink('https://hub.example/p/"', naughty),
  ]) {
    expect(snippet).not.toMatch(/<script|<style|style=|<img|onclick|javascript:/i);
    expect(snippet).not.toContain(naughty);
  }
  expect(strictPage('<a>', 'T')).toContain("default-src 'none'");
});
