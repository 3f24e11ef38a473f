/// Light or dark: the system's choice unless the user has made one, and a tenant's colours on top.

const KEY = 'dispatch-hub-theme';
export type Theme = 'light' | 'dark';

class ThemeChoice {
  current = $state<Theme>('light');
  #system = matchMedia('(prefers-color-scheme: dark)');

  constructor() {
    this.#apply(this.#chosen() ?? this.#ofSystem());
    this.#system.addEventListener('change', () => this.#chosen() ?? this.#apply(this.#ofSystem()));
  }

  toggle(): void {
    const next = this.current === 'dark' ? 'light' : 'dark';
    // Choosing what the system says means following the system again.
    if (next === this.#ofSystem()) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, next);
    this.#apply(next);
  }

  #chosen(): Theme | undefined {
    const kept = localStorage.getItem(KEY);
    return kept === 'light' || kept === 'dark' ? kept : undefined;
  }

  #ofSystem(): Theme {
    return this.#system.matches ? 'dark' : 'light';
  }

  #apply(theme: Theme): void {
    this.current = theme;
    document.documentElement.dataset.theme = theme;
  }
}

export const theme = new ThemeChoice();

/** Lays a tenant's colours over the theme. */
export function brand(colours: { primary?: string | null; primary_content?: string | null } | null): void {
  const style = document.documentElement.style;
  for (const [name, value] of [
    ['--color-primary', colours?.primary],
    ['--color-primary-content', colours?.primary_content],
  ] as const) {
    if (value) style.setProperty(name, value);
    else style.removeProperty(name);
  }
}
