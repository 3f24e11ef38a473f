/// Drafts kept on the device, so that a reload or a lost connection costs nobody what they typed.
import { newKey } from '../lib/http';
import type { Id } from '../lib/protocol';
import type { Draft } from './draft';

interface Kept {
  draft: Draft;
  /** The idempotency key of the last attempt, and what was sent with it. */
  key: string | undefined;
  sent: string | undefined;
}

/** One draft per person and job type. */
export class KeptDraft {
  #name: string;
  #kept: Kept | undefined;

  constructor(person: Id, template: Id) {
    this.#name = `dispatch-hub-draft/${person}/${template}`;
    try {
      this.#kept = JSON.parse(localStorage.getItem(this.#name) ?? 'null') ?? undefined;
    } catch {
      this.#kept = undefined;
    }
  }

  get draft(): Draft | undefined {
    return this.#kept?.draft;
  }

  keep(draft: Draft): void {
    this.#kept = { key: undefined, sent: undefined, ...this.#kept, draft };
    this.#write();
  }

  /** The same contents get the same key, also after a reload: however often it is sent, one job comes of it. */
  keyFor(draft: Draft, body: unknown): string {
    const sent = JSON.stringify(body);
    const key = this.#kept?.sent === sent && this.#kept.key ? this.#kept.key : newKey();
    this.#kept = { draft, key, sent };
    this.#write();
    return key;
  }

  drop(): void {
    this.#kept = undefined;
    localStorage.removeItem(this.#name);
  }

  #write(): void {
    localStorage.setItem(this.#name, JSON.stringify(this.#kept));
  }
}
