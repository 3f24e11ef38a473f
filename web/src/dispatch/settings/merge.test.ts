import { describe, expect, it } from 'vitest';
import { differs, merge } from './merge';

describe('two people’s changes', () => {
  const base = { version: '1', name: 'North', phone: '1', hours: [null, [480, 960]] };

  it('a version alone is no change', () => {
    expect(differs(base, { ...base, version: '2' })).toBe(false);
    expect(differs(base, { ...base, hours: [null, [480, 961]] })).toBe(true);
  });

  it('theirs is taken where nothing was typed, mine stays where it was', () => {
    const mine = { ...base, phone: '2' };
    const theirs = { ...base, version: '2', name: 'South', phone: '3' };
    expect(merge(base, mine, theirs)).toEqual({
      merged: { version: '2', name: 'South', phone: '2', hours: base.hours },
      changed: ['name', 'phone'],
    });
    expect(merge(base, mine, base)).toEqual({ merged: mine, changed: [] });
  });
});
