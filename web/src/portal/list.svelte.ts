/// The jobs list's pages, fetched from the hub when the filter changes; what happens meanwhile comes in live.
import { api } from '../lib/api';
import { words } from '../lib/problem';
import type { Job, JobStatus } from '../lib/protocol';
import type { Route } from '../lib/route.svelte';
import { rows, SORTS, type ListFilter, type SortKey } from './rows';
import type { Portal } from './portal.svelte';

const PAGE_SIZE = 50;

/** The filter that the address holds. */
export function filterOf(route: Route): ListFilter {
  const sort = route.query.get('sort') ?? '-number';
  const key = sort.replace(/^-/, '') as SortKey;
  return {
    q: route.query.get('q') ?? '',
    status: route.query.get('status') as JobStatus | null,
    template: route.query.get('type'),
    customer: route.query.get('customer'),
    from: day(route.query.get('from')),
    to: day(route.query.get('to')),
    sort: SORTS.includes(key) ? key : 'number',
    descending: sort.startsWith('-'),
  };
}

/** Only a whole day is one; while somebody types, it is none. */
const day = (text: string | null) => (text && /^\d{4}-\d\d-\d\d$/.test(text) ? text : null);

export class JobList {
  fetched = $state.raw<Job[]>([]);
  next = $state<string | null>(null);
  state = $state<'loading' | 'ready' | 'failed'>('loading');
  problem = $state('');

  #portal: Portal;
  #asking: AbortController | undefined;

  constructor(portal: Portal) {
    this.#portal = portal;
  }

  rows(filter: ListFilter): Job[] {
    const { live, gone } = this.#portal;
    return rows(this.fetched, live.jobs, new Set(gone.keys()), filter, this.next !== null, (at) =>
      this.#portal.format.localDate(at),
    );
  }

  /** The first page; an answer that a newer question has overtaken is dropped. */
  async load(filter: ListFilter): Promise<void> {
    await this.#ask(filter, null);
  }

  /** The page after what is shown. */
  async more(filter: ListFilter): Promise<void> {
    if (this.next !== null) await this.#ask(filter, this.next);
  }

  async #ask(filter: ListFilter, after: string | null): Promise<void> {
    this.#asking?.abort();
    const asking = new AbortController();
    this.#asking = asking;
    this.state = 'loading';
    const { format } = this.#portal;
    try {
      const page = await api.jobs(
        {
          q: filter.q,
          status: filter.status ? [filter.status] : [],
          template: filter.template ?? undefined,
          customer: filter.customer ?? undefined,
          // The last day is whole: up to the midnight after it.
          ...(filter.from && { from: format.instant(filter.from) }),
          ...(filter.to && { to: format.addDays(format.instant(filter.to), 1) }),
          sort: (filter.descending ? '-' : '') + filter.sort,
          after,
          limit: PAGE_SIZE,
        },
        { signal: asking.signal },
      );
      this.fetched = after === null ? page.items : [...this.fetched, ...page.items];
      this.next = page.next;
      this.state = 'ready';
    } catch (error) {
      if (asking.signal.aborted) return;
      this.problem = words(error);
      this.state = 'failed';
    }
  }
}
