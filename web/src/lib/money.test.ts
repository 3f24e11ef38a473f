import { describe, expect, it } from 'vitest';
import { decimal, money, paperSize } from './money';

describe('money', () => {
  it('shows what the hub says, to the last digit', () => {
    const digits = (text: string) => text.replace(/[^\d-]/g, '');
    expect(digits(money('90071992547409.93', 'EUR'))).toBe('9007199254740993');
    expect(digits(money('12.50', 'EUR'))).toBe('1250');
    expect(digits(money('0.3350', 'EUR'))).toBe('0335');
    expect(digits(money('100', 'JPY'))).toBe('100');
    expect(digits(money('-119.85', 'EUR'))).toMatch(/^-?11985$/);
    expect(decimal('1.5')).toMatch(/^1[.,]5$/);
  });

  it('knows where letter paper is at home', () => {
    expect(paperSize('en-US')).toBe('letter');
    expect(paperSize('fi-FI')).toBe('a4');
    expect(paperSize('de')).toBe('a4');
  });
});
