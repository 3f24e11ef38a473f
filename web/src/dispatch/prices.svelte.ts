/// The price list as the editors of invoice lines use it: suggested while typing, copied when chosen.
import { request } from '../lib/http';
import type { Id, NewInvoiceLine, Page, Price } from '../lib/protocol';
import type { PriceBody } from '../gen/PriceBody';

/** Prices that are suggested; a longer list is cut, its page shows all. */
const SUGGESTED = 1000;

class PriceList {
  items = $state.raw<Price[]>([]);

  save(id: Id | undefined, body: PriceBody): Promise<Price> {
    return request<Price>(id ? 'PATCH' : 'POST', `/api/price-list${id ? `/${id}` : ''}`, { body });
  }

  /** What there is to suggest; nothing if it cannot be had, lines can be typed without. */
  async load(): Promise<void> {
    const found: Price[] = [];
    let after: string | null = null;
    try {
      do {
        const page: Page<Price> = await request('GET', '/api/price-list', { query: { after, limit: 200 } });
        found.push(...page.items);
        after = page.next;
      } while (after && found.length < SUGGESTED);
    } catch {
      return;
    }
    this.items = found;
  }

  /** Fills the line from the price that was just chosen in this member, or typed whole while there is no price yet. */
  fill(line: NewInvoiceLine, member: string, event: Event): void {
    if (member !== 'description' && member !== 'code') return;
    const typed = (event.currentTarget as HTMLInputElement).value;
    const wasChosen = !(event instanceof InputEvent) || event.inputType === 'insertReplacementText';
    if (!wasChosen && line.unit_price !== '') return;
    const price = this.items.find((one) => one[member] !== '' && one[member] === typed);
    if (!price) return;
    line.code = price.code;
    line.description = price.description;
    line.unit_price = price.unit_price;
    line.tax_rate = price.tax_rate;
  }
}

export const priceList = new PriceList();
