/// Light or dark: the system's choice unless the user has made one, and a tenant's colours on top.

import { luminance, readableOn } from './contrast';

const KEY = 'dispatch-hub-theme';
export type Theme = 'light' | 'dark';

/** The grounds that a tenant's colour has to be read on: base-200 and base-100 of app.css. */
export const GROUND: Record<Theme, string> = { light: '#f4f6f9', dark: '#191e26' };

class ThemeChoice {
  current = $state<Theme>('light');
  #primary: string | undefined;
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

  /** A tenant's colour. */
  set primary(colour: string | undefined) {
    this.#primary = colour;
    this.#paint();
  }

  #apply(theme: Theme): void {
    this.current = theme;
    document.documentElement.dataset.theme = theme;
    this.#paint();
  }

  #paint(): void {
    const { style } = document.documentElement;
    if (this.#primary === undefined) {
      style.removeProperty('--color-primary');
      style.removeProperty('--color-primary-content');
      return;
    }
    const primary = readableOn(GROUND[this.current], this.#primary);
    style.setProperty('--color-primary', primary);
    style.setProperty('--color-primary-content', luminance(primary) > 0.179 ? '#101828' : '#ffffff');
  }
}

export const theme = new ThemeChoice();

/** Lays a tenant's colour over the theme, lighter or darker where it could not be read. */
export function brand(colours: { primary?: string | null } | null): void {
  const primary = colours?.primary;
  theme.primary = primary && /^#[0-9a-f]{6}$/i.test(primary) ? primary : undefined;
}
