/// Keeps the screen on while wanted; the system takes the lock away whenever the page is hidden.

export class Awake {
  readonly possible = 'wakeLock' in navigator;
  held = $state(false);

  #wanted = false;
  #lock: WakeLockSentinel | undefined;

  constructor() {
    document.addEventListener('visibilitychange', () => void this.#take());
  }

  want(wanted: boolean): void {
    this.#wanted = wanted;
    if (wanted) void this.#take();
    else void this.#lock?.release();
  }

  async #take(): Promise<void> {
    if (!this.possible || !this.#wanted || this.held || document.visibilityState !== 'visible') return;
    try {
      this.#lock = await navigator.wakeLock.request('screen');
      this.held = true;
      this.#lock.addEventListener('release', () => (this.held = false));
    } catch {
      // Low battery or the system's choice: the page says that the screen may go off.
      this.held = false;
    }
  }
}
