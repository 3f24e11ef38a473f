/// One list of people, assets or prices, searched and paged on the hub.
import type { Address, Asset, Customer, Page, Price } from '../lib/protocol';
import { entering, type Dispatcher, type PeopleKind, type PortalUser, type Worker } from '../lib/entering';
import { words } from '../lib/problem';
import { priceList } from './prices.svelte';

export type ListName = 'customers' | 'assets' | 'price-list' | PeopleKind;
export const LISTS: ListName[] = [
  'customers',
  'portal-users',
  'workers',
  'dispatchers',
  'assets',
  'price-list',
];

/** A row of any list; members that its list has not are absent. */
export type Row = { id: string; name: string } & Partial<Omit<Customer, 'address'>> & {
    /** A customer's in one line, or an asset's place. */
    address?: string | Address | null;
  } & Partial<Omit<Asset, 'address'>> &
  Partial<Omit<PortalUser, 'email'>> &
  Partial<Omit<Worker, 'email' | 'customers'>> &
  Partial<Omit<Dispatcher, 'email'>> &
  Partial<Price>;

async function prices(q: string, after: string | null, signal: AbortSignal): Promise<Page<Row>> {
  const { items, next } = await priceList.page(q, after, signal);
  return { items: items.map((price) => ({ ...price, name: price.description })), next };
}

export class PeopleList {
  rows = $state.raw<Row[]>([]);
  next = $state<string | null>(null);
  busy = $state(false);
  failed = $state('');
  #asking: AbortController | undefined;

  async load(list: ListName, q: string, after: string | null = null): Promise<void> {
    this.#asking?.abort();
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    this.busy = true;
    this.failed = '';
    try {
      const page =
        list === 'customers'
          ? await entering.customers(q, after, signal)
          : list === 'assets'
            ? await entering.assets(q, after, signal)
            : list === 'price-list'
              ? await prices(q, after, signal)
              : await entering.people(list, q, after, signal);
      const items = page.items as Row[];
      this.rows = after ? [...this.rows, ...items] : items;
      this.next = page.next;
    } catch (error) {
      if (signal.aborted) return;
      this.failed = words(error);
    }
    this.busy = false;
  }
}
