/// The socket to the hub: one connection that comes back by itself, takes up each topic where it was left, and
/// sends a command again under the same id until the hub has answered. No Svelte, no DOM: also for tests and tools.
import { json, type Codec } from './codec';
import { newKey } from './http';
import { Problem } from './problem';
import type {
  Caller,
  ClientMessage,
  Command,
  HubMessage,
  Id,
  Instant,
  Job,
  OkMessage,
  Topic,
  Versioned,
} from './protocol';

/** Close codes of protocol.md: from 4500 on, coming back is useless. */
export const CLOSED = {
  not_authenticated: 4500,
  forbidden: 4501,
  undecodable: 4502,
  replaced: 4503,
} as const;

export type Connection =
  | { state: 'connecting' }
  | { state: 'catching_up' }
  | { state: 'live' }
  | { state: 'offline'; since: Instant }
  | { state: 'ended'; code: number };

export interface HubOptions {
  url: string;
  /** JSON unless told otherwise. */
  codec?: Codec;
  /** Node before 22 has none of its own. */
  WebSocket?: typeof WebSocket;
  /** A random number in 0..1; tests pin it. */
  random?: () => number;
}

export interface Viewport {
  west: number;
  south: number;
  east: number;
  north: number;
  zoom: number;
}

export interface SubscribeOptions {
  from?: Instant;
  to?: Instant;
  after?: number;
}

interface Subscription extends SubscribeOptions {
  ref: number;
  /** False until the hub's answer is complete. */
  current: boolean;
}

interface Waiting {
  message: ClientMessage & { ref: number };
  resolve: (ok: OkMessage) => void;
  reject: (problem: Problem) => void;
  timer: ReturnType<typeof setTimeout> | undefined;
  /** Sent again after a reconnect: harmless, because it carries its id. */
  again: boolean;
}

const FIRST_RETRY_MS = 300;
const LONGEST_RETRY_MS = 10_000;
const PATIENCE_MS = 15_000;
/** A subscription that gets nothing for so long is asked for again, on a new connection. */
const STALLED_MS = 15_000;
const PROGRESS: ReadonlySet<string> = new Set(['welcome', 'snapshot', 'event', 'ok']);

/** Milliseconds before the n-th attempt (0 = first): doubling, capped, with half of it random. */
export function backoff(attempt: number, random: () => number): number {
  const full = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(attempt, 10));
  return full / 2 + (full / 2) * random();
}

export class Hub {
  caller: Caller | undefined;
  connection: Connection = { state: 'connecting' };
  /** What to add to this machine's clock to get the hub's. */
  clockOffset = 0;

  #options: HubOptions;
  #codec: Codec;
  #socket: WebSocket | undefined;
  #welcomed = false;
  #epoch: number | string | undefined;
  #attempt = 0;
  #nextRef = 1;
  #lastHeard = 0;
  #lastProgress = 0;
  #silenceLimit_ms = 50_000;
  #offlineSince: Instant | undefined;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #watchdog: ReturnType<typeof setInterval> | undefined;
  #viewport: Viewport | undefined;
  #editing: Id | null = null;
  #topics = new Map<Topic, Subscription>();
  #waiting = new Map<number, Waiting>();
  #listeners = new Set<(message: HubMessage) => void>();
  #watchers = new Set<(connection: Connection) => void>();

  constructor(options: HubOptions) {
    this.#options = options;
    this.#codec = options.codec ?? json;
  }

  /** Connects; later calls while connected do nothing. */
  open(): this {
    if (this.#socket) return this;
    clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
    const Socket = this.#options.WebSocket ?? WebSocket;
    const socket = new Socket(this.#options.url, [this.#codec.subprotocol]);
    socket.binaryType = 'arraybuffer';
    socket.onmessage = (event) => this.#hear(event.data as string | ArrayBuffer);
    socket.onclose = (event) => this.#lose(socket, event.code);
    this.#socket = socket;
    this.#lastHeard = Date.now();
    this.#watchdog ??= setInterval(() => this.#checkSilence(), 5_000);
    return this;
  }

  /** Leaves for good. */
  close(): void {
    this.#topics.clear();
    this.end(1000);
  }

  /** Stays away: as if the hub had closed with this code. */
  end(code: number): void {
    clearTimeout(this.#retryTimer);
    clearInterval(this.#watchdog);
    this.#watchdog = undefined;
    const socket = this.#socket;
    this.#socket = undefined;
    this.#welcomed = false;
    if (socket) socket.onclose = null;
    socket?.close(1000);
    for (const waiting of this.#waiting.values()) this.#giveUp(waiting, Problem.offline());
    this.#become({ state: 'ended', code });
  }

  /** Skips what is left of the pause before the next attempt: the network has come back. */
  retryNow(): void {
    if (this.#socket || this.connection.state === 'ended') return;
    this.#attempt = 0;
    this.open();
  }

  /** The hub's clock. */
  now(): Instant {
    return Date.now() + this.clockOffset;
  }

  /** Every message of the hub, in order; returns how to stop. */
  listen(listener: (message: HubMessage) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The state of the connection now and whenever it changes. */
  watch(watcher: (connection: Connection) => void): () => void {
    this.#watchers.add(watcher);
    watcher(this.connection);
    return () => this.#watchers.delete(watcher);
  }

  /** Follows a topic, over reconnects too. A second call replaces the first. */
  subscribe(topic: Topic, options: SubscribeOptions = {}): void {
    const subscription = { ...options, ref: this.#nextRef++, current: false };
    this.#topics.set(topic, subscription);
    this.#lastProgress = Date.now();
    if (this.#welcomed) this.#sendSubscribe(topic, subscription);
    this.#settle();
  }

  unsubscribe(topic: Topic): void {
    if (this.#topics.delete(topic) && this.#welcomed) {
      this.#send({ t: 'unsubscribe', ref: this.#nextRef++, topic });
    }
    if (topic === 'map') this.#viewport = undefined;
    this.#settle();
  }

  /** The part of the map that is on screen; needs the topic `map`. */
  setViewport(viewport: Viewport): void {
    this.#viewport = viewport;
    if (this.#welcomed && this.#topics.has('map')) this.#send({ t: 'viewport', ...viewport });
  }

  /** Tells the other dispatchers which job is open here. */
  setEditing(job: Id | null): void {
    if (job === this.#editing) return;
    this.#editing = job;
    if (this.#welcomed) this.#send({ t: 'editing', job });
  }

  /** Asks something of a job. Resolves once it is durable; rejects with the hub's refusal. */
  async command(
    job: Id,
    command: Command & Versioned,
    { id = newKey(), patience_ms = PATIENCE_MS } = {},
  ): Promise<{ job: Job | null; seq: number | null }> {
    const message = { t: 'command' as const, ref: this.#nextRef++, id, job, ...command };
    const ok = await this.#ask(message, { again: true, patience_ms });
    return { job: ok.job ?? null, seq: ok.seq ?? null };
  }

  /** Goes on or off duty (workers). */
  async duty(on: boolean): Promise<void> {
    await this.#ask({ t: 'duty', ref: this.#nextRef++, on }, { again: true, patience_ms: PATIENCE_MS });
  }

  /** Sends at once or not at all; says whether the socket took it. */
  post(message: Extract<ClientMessage, { t: 'fixes' }>): boolean {
    if (!this.#welcomed) return false;
    this.#send(message);
    return true;
  }

  #ask(
    message: ClientMessage & { ref: number },
    { again, patience_ms }: { again: boolean; patience_ms: number },
  ): Promise<OkMessage> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { message, resolve, reject, timer: undefined, again };
      if (Number.isFinite(patience_ms)) {
        waiting.timer = setTimeout(() => this.#giveUp(waiting, Problem.offline()), patience_ms);
      }
      this.#waiting.set(message.ref, waiting);
      if (this.#welcomed) this.#send(message);
    });
  }

  #giveUp(waiting: Waiting, problem: Problem): void {
    clearTimeout(waiting.timer);
    this.#waiting.delete(waiting.message.ref);
    waiting.reject(problem);
  }

  #send(message: ClientMessage): void {
    if (this.#socket?.readyState !== 1) return;
    this.#socket.send(this.#codec.encode(message));
  }

  #sendSubscribe(topic: Topic, { ref, from, to, after }: Subscription): void {
    this.#send({ t: 'subscribe', ref, topic, after, from, to });
    if (topic === 'map' && this.#viewport) this.#send({ t: 'viewport', ...this.#viewport });
  }

  #hear(frame: string | ArrayBuffer): void {
    this.#lastHeard = Date.now();
    const message = this.#codec.decode(frame);
    if (PROGRESS.has(message.t)) this.#lastProgress = this.#lastHeard;
    switch (message.t) {
      case 'welcome':
        this.#greet(message);
        break;
      case 'ping':
        this.clockOffset = message.time_ms - Date.now();
        this.#send({ t: 'pong', time_ms: message.time_ms });
        return;
      case 'snapshot':
        if (this.#stale(message.topic, message.ref)) return;
        if (!message.more) this.#reach(message.topic, message.seq);
        break;
      case 'event':
        this.#advance(message.topic, message.seq);
        break;
      case 'ok':
        this.#answer(message);
        break;
      case 'refused':
        this.#refuse(message.ref, Problem.from(message.problem));
        break;
    }
    for (const listener of this.#listeners) listener(message);
    this.#settle();
  }

  #greet(welcome: Extract<HubMessage, { t: 'welcome' }>): void {
    this.#attempt = 0;
    this.#welcomed = true;
    this.caller = welcome.caller;
    this.clockOffset = welcome.time_ms - Date.now();
    this.#silenceLimit_ms = (welcome.heartbeat_s * 2 + 5) * 1000;
    if (this.#epoch !== undefined && this.#epoch !== welcome.epoch) {
      // The log is not the one that our numbers come from.
      for (const subscription of this.#topics.values()) subscription.after = undefined;
    }
    this.#epoch = welcome.epoch;
    for (const [topic, subscription] of this.#topics) {
      subscription.ref = this.#nextRef++;
      subscription.current = false;
      this.#sendSubscribe(topic, subscription);
    }
    if (this.#editing) this.#send({ t: 'editing', job: this.#editing });
    for (const waiting of this.#waiting.values()) this.#send(waiting.message);
  }

  /** Parts of a snapshot that a newer subscription has replaced. */
  #stale(topic: Topic, ref: number): boolean {
    return this.#topics.get(topic)?.ref !== ref;
  }

  #reach(topic: Topic, seq: number): void {
    const subscription = this.#topics.get(topic);
    if (!subscription) return;
    subscription.after = seq;
    subscription.current = true;
  }

  #advance(topic: Topic, seq: number): void {
    const subscription = this.#topics.get(topic);
    // During a snapshot in parts there is no number yet that would be safe to resume from.
    if (subscription?.after !== undefined && seq > subscription.after) subscription.after = seq;
  }

  #answer(ok: OkMessage): void {
    for (const subscription of this.#topics.values()) {
      if (subscription.ref !== ok.ref) continue;
      if (typeof ok.seq === 'number') subscription.after = Math.max(subscription.after ?? 0, ok.seq);
      subscription.current = true;
      return;
    }
    const waiting = this.#waiting.get(ok.ref);
    if (!waiting) return;
    clearTimeout(waiting.timer);
    this.#waiting.delete(ok.ref);
    waiting.resolve(ok);
  }

  #refuse(ref: number | null, problem: Problem): void {
    const waiting = ref === null ? undefined : this.#waiting.get(ref);
    if (waiting) this.#giveUp(waiting, problem);
    for (const [topic, subscription] of this.#topics) {
      if (subscription.ref === ref) this.#topics.delete(topic);
    }
  }

  #lose(socket: WebSocket, code: number): void {
    if (socket !== this.#socket) return;
    this.#socket = undefined;
    this.#welcomed = false;
    for (const subscription of this.#topics.values()) subscription.current = false;
    for (const waiting of this.#waiting.values())
      if (!waiting.again) this.#giveUp(waiting, Problem.offline());
    if (code >= 4500 && code < 5000) return this.end(code);
    this.#offlineSince ??= Date.now();
    this.#become({ state: 'offline', since: this.#offlineSince });
    const pause = backoff(this.#attempt++, this.#options.random ?? Math.random);
    this.#retryTimer = setTimeout(() => this.open(), pause);
  }

  #checkSilence(): void {
    const now = Date.now();
    const silent = now - this.#lastHeard >= this.#silenceLimit_ms;
    const stalled = this.connection.state === 'catching_up' && now - this.#lastProgress >= STALLED_MS;
    if (!this.#socket || !(silent || stalled)) return;
    // A dead network says nothing: treat silence as a loss instead of waiting for the system to notice.
    const socket = this.#socket;
    socket.onclose = null;
    socket.close();
    this.#lose(socket, 1006);
  }

  #settle(): void {
    if (!this.#welcomed) return;
    const current = [...this.#topics.values()].every((subscription) => subscription.current);
    if (current) this.#offlineSince = undefined;
    this.#become({ state: current ? 'live' : 'catching_up' });
  }

  #become(next: Connection): void {
    if (next.state === this.connection.state && next.state !== 'ended') return;
    this.connection = next;
    for (const watcher of this.#watchers) watcher(next);
  }
}

/** The hub's socket address, seen from a page. */
export function socketUrl(location: { protocol: string; host: string }, link?: string): string {
  const url = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`;
  return link ? `${url}?link=${encodeURIComponent(link)}` : url;
}
