/// One list of people, searched and paged on the hub.
import type { Address, Asset, Customer } from '../lib/protocol';
import { entering, type Dispatcher, type PeopleKind, type PortalUser, type Worker } from '../lib/entering';
import { words } from '../lib/problem';

export type ListName = 'customers' | 'assets' | PeopleKind;
export const LISTS: ListName[] = ['customers', 'portal-users', 'workers', 'dispatchers', 'assets'];

/** A row of any list; members that its list has not are absent. */
export type Row = { id: string; name: string } & Partial<Omit<Customer, 'address'>> & {
    /** A customer's in one line, or an asset's place. */
    address?: string | Address | null;
  } & Partial<Omit<Asset, 'address'>> &
  Partial<Omit<PortalUser, 'email'>> &
  Partial<Omit<Worker, 'email' | 'customers'>> &
  Partial<Omit<Dispatcher, 'email'>>;

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
