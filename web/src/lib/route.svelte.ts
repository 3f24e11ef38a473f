/// Where the page is, as a value: the path after the app's base and the query. Back and forward work by themselves.

export class Route {
  readonly base: string;
  path = $state('');
  query = $state.raw(new URLSearchParams());

  /** `base` without a slash at its end: "/dispatch", "/p/demo". */
  constructor(base: string) {
    this.base = base;
    this.#read();
    addEventListener('popstate', () => this.#read());
  }

  /** The path's parts: ["jobs", "<id>"]. */
  get parts(): string[] {
    return this.path.split('/').filter((part) => part !== '');
  }

  href(path: string, query: Record<string, string | null | undefined> = {}): string {
    const search = new URLSearchParams();
    for (const [key, value] of Object.entries(query)) if (value) search.set(key, value);
    const text = search.toString();
    return this.base + path + (text && `?${text}`);
  }

  go(path: string, query: Record<string, string | null | undefined> = {}, { replace = false } = {}): void {
    const href = this.href(path, query);
    if (replace) history.replaceState(null, '', href);
    else if (href !== location.pathname + location.search) history.pushState(null, '', href);
    this.#read();
  }

  /** Changes some members of the query and leaves the rest. */
  put(members: Record<string, string | null | undefined>, options: { replace?: boolean } = {}): void {
    this.go(this.path, { ...Object.fromEntries(this.query), ...members }, options);
  }

  #read(): void {
    this.path = decodeURIComponent(location.pathname.slice(this.base.length)).replace(/\/$/, '');
    this.query = new URLSearchParams(location.search);
  }
}
