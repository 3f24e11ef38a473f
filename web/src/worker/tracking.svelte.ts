/// Streams the phone's positions: each is kept on the phone until the hub has stored it.
import type { Hub } from '../lib/hub';
import type { FixTuple } from '../lib/protocol';
import type { Database } from './database';
import { fixOf, LOW_BATTERY, rateOf, worthKeeping } from './fixes';

const BATCH = 200;
/** Two days at one fix in four seconds; older ones give way. */
const MOST_KEPT = 43_200;
/** Fixes that come faster travel together. */
const SEND_PAUSE_MS = 1_000;

export type LocationState = 'off' | 'searching' | 'on' | 'denied' | 'unavailable' | 'insecure';

export class Tracking {
  state = $state<LocationState>('off');
  /** Positions that the hub does not have yet. */
  kept = $state(0);
  /** Where the worker is expected next. */
  place: { latitude: number; longitude: number } | undefined;

  #hub: Hub;
  #database: Database;
  #watch: number | undefined;
  #last: FixTuple | undefined;
  #battery: number | null = null;
  #n = 0;
  /** The key of the last fix that has been sent over this connection. */
  #sentUpTo = 0;
  #underway: { n: number; last: number }[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(hub: Hub, database: Database) {
    this.#hub = hub;
    this.#database = database;
    hub.listen((message) => {
      if (message.t === 'stored') void this.#settle(message.n);
    });
    hub.watch(({ state }) => {
      if (state === 'catching_up' || state === 'live') return this.#pump();
      // What was under way over the old connection is sent again over the next.
      this.#underway = [];
      this.#sentUpTo = 0;
      this.#n = 0;
    });
    void database.countFixes().then((count) => (this.kept = count));
    void watchBattery((level) => {
      const wasLow = this.#isLow;
      this.#battery = level;
      // A phone that saves asks its satellites less, too.
      if (wasLow !== this.#isLow && this.#watch !== undefined) this.#restart();
    });
  }

  start(): void {
    if (this.#watch !== undefined) return;
    if (!isSecureContext || !('geolocation' in navigator)) {
      this.state = 'insecure';
      return;
    }
    this.state = 'searching';
    this.#watch = navigator.geolocation.watchPosition(
      (position) => void this.#take(position),
      (error) => (this.state = error.code === error.PERMISSION_DENIED ? 'denied' : 'unavailable'),
      { enableHighAccuracy: !this.#isLow, maximumAge: 0, timeout: 60_000 },
    );
  }

  stop(): void {
    if (this.#watch !== undefined) navigator.geolocation.clearWatch(this.#watch);
    this.#watch = undefined;
    this.#last = undefined;
    this.state = 'off';
  }

  get #isLow(): boolean {
    return this.#battery !== null && this.#battery < LOW_BATTERY;
  }

  #restart(): void {
    navigator.geolocation.clearWatch(this.#watch!);
    this.#watch = undefined;
    this.start();
  }

  async #take(position: GeolocationPosition): Promise<void> {
    this.state = 'on';
    const fix = fixOf(position, this.#hub.clockOffset, this.#battery);
    if (!worthKeeping(this.#last, fix, rateOf(fix, this.place))) return;
    this.#last = fix;
    await this.#database.addFix(fix);
    this.kept += 1;
    if (this.kept > MOST_KEPT) await this.#thin();
    if (this.#timer !== undefined) return;
    this.#pump();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#pump();
    }, SEND_PAUSE_MS);
  }

  #pump(): void {
    void this.#sendBatch();
  }

  async #sendBatch(): Promise<void> {
    if (this.#underway.length > 4) return;
    const from = this.#sentUpTo;
    const { fixes, last } = await this.#database.fixesAfter(from, BATCH);
    // While the phone's storage answered, the connection may have changed, or another call may have been faster.
    if (fixes.length === 0 || from !== this.#sentUpTo) return;
    if (!this.#hub.post({ t: 'fixes', n: this.#n + 1, fixes })) return;
    this.#n += 1;
    this.#sentUpTo = last;
    this.#underway.push({ n: this.#n, last });
    if (fixes.length === BATCH) this.#pump();
  }

  /** `stored` is cumulative. */
  async #settle(n: number): Promise<void> {
    const done = this.#underway.filter((batch) => batch.n <= n);
    this.#underway = this.#underway.filter((batch) => batch.n > n);
    const last = done.at(-1);
    if (!last) return;
    await this.#database.dropFixes(last.last);
    this.kept = await this.#database.countFixes();
    if (this.kept > 0) this.#pump();
  }

  async #thin(): Promise<void> {
    const { last } = await this.#database.fixesAfter(0, BATCH);
    await this.#database.dropFixes(last);
    this.kept = await this.#database.countFixes();
  }
}

interface Battery extends EventTarget {
  level: number;
}

/** Tells the battery's level (0..1) where the browser knows it. */
async function watchBattery(tell: (level: number) => void): Promise<void> {
  const navigatorWithBattery = navigator as Navigator & { getBattery?: () => Promise<Battery> };
  const battery = await navigatorWithBattery.getBattery?.().catch(() => undefined);
  if (!battery) return;
  tell(battery.level);
  battery.addEventListener('levelchange', () => tell(battery.level));
}
