/// Light or dark: the system's choice unless the user has made one, and a tenant's colours on top.

import { luminance } from './contrast';

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

/** Lays a tenant's colour over the theme; the text on it is black or white, whichever reads better. */
export function brand(colours: { primary?: string | null } | null): void {
  const style = document.documentElement.style;
  const primary = colours?.primary;
  if (!primary || !/^#[0-9a-f]{6}$/i.test(primary)) {
    style.removeProperty('--color-primary');
    style.removeProperty('--color-primary-content');
    return;
  }
  style.setProperty('--color-primary', primary);
  style.setProperty('--color-primary-content', luminance(primary) > 0.179 ? '#101828' : '#ffffff');
}
