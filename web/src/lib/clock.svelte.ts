/// The hub's time as a value that components can read; it moves once a second.
import type { Hub } from './hub';

export class Clock {
  now = $state(Date.now());

  constructor(hub: Hub) {
    this.now = hub.now();
    setInterval(() => (this.now = hub.now()), 1_000);
  }
}
