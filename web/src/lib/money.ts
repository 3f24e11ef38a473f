/// Money and other exact decimals in words: they stay text, and never become floats.
/** The hub's decimal as `Intl` takes it: exactly. */
const exact = (decimal: string) => decimal as unknown as number;

/** "1,234.50 €"; more decimals only if the amount has them. */
export function money(amount: string, currency: string): string {
  const decimals = amount.split('.')[1]?.length ?? 0;
  const format = new Intl.NumberFormat(undefined, {
    style: 'currency',
    currency,
    maximumFractionDigits: Math.max(decimals, 0),
  });
  return format.format(exact(amount));
}

/** "1.5", "12,5". */
export function decimal(value: string): string {
  return new Intl.NumberFormat(undefined, { maximumFractionDigits: 6 }).format(exact(value));
}

/** "79.90", "0.955": a price whose currency stands elsewhere. */
export function priced(amount: string): string {
  return new Intl.NumberFormat(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 4 }).format(
    exact(amount),
  );
}

/** What people type, as the wire has it: they use the comma of their country, it knows the point. */
export const pointed = (typed: string) => typed.trim().replace(',', '.');

/** "25.5 %". */
export function percent(rate: string): string {
  return `${decimal(rate)} %`;
}

/** The day of an invoice, "YYYY-MM-DD", in the reader's way. */
export function day(date: string): string {
  return new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeZone: 'UTC' }).format(
    Date.parse(date),
  );
}

/** The paper that lies in printers where this browser is at home. */
export function paperSize(language = navigator.language): 'a4' | 'letter' {
  return /-(US|CA|MX|PH|CL|CO|VE|CR|GT|PA|DO|SV|NI|PR)$/i.test(language) ? 'letter' : 'a4';
}
