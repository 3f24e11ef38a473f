/// The hub's time as a value that components can read; it moves once a second.
import type { Hub } from './hub';

export class Clock {
  now = $state(Date.now());
  #timer: ReturnType<typeof setInterval>;

  constructor(hub: Hub) {
    this.now = hub.now();
    this.#timer = setInterval(() => (this.now = hub.now()), 1_000);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
