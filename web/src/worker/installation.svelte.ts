/// Putting the app on the phone's home screen, where the browser offers to.

interface InstallOffer extends Event {
  prompt: () => Promise<unknown>;
}

class Installation {
  /** The browser's offer, kept for when the worker wants it. */
  offered = $state.raw<InstallOffer>();
  readonly installed = matchMedia('(display-mode: standalone)').matches;

  constructor() {
    addEventListener('beforeinstallprompt', (event) => {
      event.preventDefault();
      this.offered = event as InstallOffer;
    });
  }

  async ask(): Promise<void> {
    await this.offered?.prompt();
    this.offered = undefined;
  }
}

export const installation = new Installation();
