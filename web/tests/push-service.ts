/// What a browser maker runs and a test cannot reach: a push service, and a browser's agreement with it. What the hub hands over is
/// opened with the reference implementation of RFC 8188 and given to the real service worker.
import type { Page } from '@playwright/test';
import { decrypt } from 'http_ece';
import { createECDH, randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export class PushService {
  #server: Server;
  #key = createECDH('prime256v1');
  #secret = randomBytes(16);
  #messages: { path: string; body: Buffer }[] = [];
  #status = 201;

  private constructor(server: Server) {
    this.#server = server;
    this.#key.generateKeys();
  }

  static async start(): Promise<PushService> {
    const server = createServer();
    const service = new PushService(server);
    server.on('request', (request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        service.#messages.push({ path: request.url!, body: Buffer.concat(parts) });
        response.writeHead(service.#status).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return service;
  }

  stop(): void {
    this.#server.close();
  }

  /** Answers from now on as one whose browser is gone. */
  forget(): void {
    this.#status = 410;
  }

  /** A browser's address here, with its keys, as its `PushSubscription` has them. */
  subscription(path: string): { endpoint: string; keys: { p256dh: string; auth: string } } {
    const { port } = this.#server.address() as AddressInfo;
    return {
      endpoint: `http://127.0.0.1:${port}${path}`,
      keys: { p256dh: this.#key.getPublicKey('base64url'), auth: this.#secret.toString('base64url') },
    };
  }

  /** The page's browser agrees with this service, as Chromium would with its maker's. */
  async agree(page: Page): Promise<void> {
    await page.context().addInitScript((subscription) => {
      const KEY = 'agreed-key';
      const made = () => {
        const key = Uint8Array.from(
          atob(localStorage.getItem(KEY)!.replaceAll('-', '+').replaceAll('_', '/')),
          (c) => c.charCodeAt(0),
        );
        return {
          options: { applicationServerKey: key.buffer },
          toJSON: () => subscription,
          unsubscribe: async () => localStorage.removeItem(KEY),
        } as unknown as PushSubscription;
      };
      PushManager.prototype.subscribe = async (options) => {
        localStorage.setItem(KEY, options!.applicationServerKey as string);
        return made();
      };
      PushManager.prototype.getSubscription = async () => (localStorage.getItem(KEY) ? made() : null);
    }, this.subscription('/browser'));
  }

  /** How many messages have come. */
  get count(): number {
    return this.#messages.length;
  }

  /** Where the last one was sent to. */
  get path(): string | undefined {
    return this.#messages.at(-1)?.path;
  }

  /** The last message, as only the browser can read it. */
  open(): string {
    const opened = decrypt(this.#messages.at(-1)!.body, {
      version: 'aes128gcm',
      privateKey: this.#key,
      authSecret: this.#secret.toString('base64url'),
    });
    return opened.toString();
  }

  /**
   * Hands the last message to the page's service worker, and waits until that is done with it: Chromium forgets a notification that
   * is asked for while it is being shown.
   */
  async deliver(page: Page): Promise<void> {
    const session = await page.context().newCDPSession(page);
    const registration = new Promise<string>((resolve) =>
      session.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
        const [first] = registrations;
        if (first) resolve(first.registrationId);
      }),
    );
    const done = new Promise<void>((resolve) =>
      session.on('BackgroundService.backgroundServiceEventReceived', ({ backgroundServiceEvent }) => {
        if (backgroundServiceEvent.eventName === 'Push event completed') resolve();
      }),
    );
    const service = 'pushMessaging';
    await session.send('BackgroundService.clearEvents', { service });
    await session.send('BackgroundService.startObserving', { service });
    await session.send('BackgroundService.setRecording', { service, shouldRecord: true });
    await session.send('ServiceWorker.enable');
    await session.send('ServiceWorker.deliverPushMessage', {
      origin: new URL(page.url()).origin,
      registrationId: await registration,
      data: this.open(),
    });
    await done;
    await session.detach();
  }
}
