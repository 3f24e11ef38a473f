/// One worker's tracker link: made, looked after and revoked. The link itself is held only while the page is open.
import type { NewTracker } from '../gen/NewTracker';
import { request } from '../lib/http';
import { Problem, words as say } from '../lib/problem';
import type { Id, Instant } from '../lib/protocol';
import { words } from './trackerTexts';

export interface Device {
  device: string;
  app: string;
  last_seen_at: Instant;
  stored: number;
  unusable: Record<string, number>;
}

interface Status {
  made_at: Instant | null;
  last_seen_at: Instant | null;
  devices: Device[];
}

export class Tracker {
  status = $state.raw<Status>();
  /** Just made: the only time that it is known. */
  made = $state.raw<NewTracker>();
  busy = $state(false);
  error = $state('');
  readonly #path: string;

  constructor(worker: Id) {
    this.#path = `/api/workers/${worker}/tracker`;
    void this.read();
  }

  read(): Promise<void> {
    return this.#run(async () => {
      this.status = await request<Status>('GET', this.#path);
    });
  }

  make(): Promise<void> {
    return this.#run(async () => {
      this.made = await request<NewTracker>('POST', this.#path, { body: {} });
      this.status = await request<Status>('GET', this.#path);
    });
  }

  revoke(): Promise<void> {
    return this.#run(async () => {
      await request<undefined>('DELETE', this.#path);
      this.made = undefined;
      this.status = await request<Status>('GET', this.#path);
    });
  }

  async #run(act: () => Promise<void>): Promise<void> {
    this.busy = true;
    this.error = '';
    try {
      await act();
    } catch (error) {
      const status = error instanceof Problem ? error.status : 0;
      this.error = status === 403 ? words.admin_only : status === 404 ? words.no_worker : say(error);
    } finally {
      this.busy = false;
    }
  }
}
