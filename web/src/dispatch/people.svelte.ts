/// One list of people, assets or prices, searched and paged on the hub.
import type { Address, Asset, Customer, Page, Price } from '../lib/protocol';
import type { Dispatcher, PeopleKind, PortalUser, Worker } from '../lib/entering';
import { request } from '../lib/http';
import { words } from '../lib/problem';

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

/** How a list is looked at; stands in the address. */
export interface Look {
  q: string;
  /** A member, with `-` before it from the end. */
  sort: string;
  /** One member that must say this. */
  only: string;
}

/** By what each list is put in order. */
export const ORDERS: Record<ListName, readonly (keyof Row)[]> = {
  customers: ['name', 'email', 'address'],
  'portal-users': ['name', 'email', 'invitation'],
  workers: ['name', 'email', 'invitation'],
  dispatchers: ['name', 'email', 'invitation'],
  assets: ['name', 'type', 'serial'],
  'price-list': ['description', 'code', 'unit_price'],
};

export class PeopleList {
  rows = $state.raw<Row[]>([]);
  next = $state<string | null>(null);
  busy = $state(false);
  failed = $state('');
  #asking: AbortController | undefined;

  async load(list: ListName, { q, sort, only }: Look, after: string | null = null): Promise<void> {
    this.#asking?.abort();
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    this.busy = true;
    this.failed = '';
    try {
      const query = { q, after, limit: 50, sort: sort || undefined, invitation: only || undefined };
      const page = await request<Page<Row>>('GET', `/api/${list}`, { query, signal });
      // A price is known by what it is.
      const items = page.items.map((row) =>
        row.description === undefined ? row : { ...row, name: row.description },
      );
      this.rows = after ? [...this.rows, ...items] : items;
      this.next = page.next;
    } catch (error) {
      if (signal.aborted) return;
      this.failed = words(error);
    }
    this.busy = false;
  }
}
