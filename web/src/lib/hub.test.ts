/// The socket client against a socket that the test plays: what it sends, and what it does when it is cut.
import { decode, encode } from '@msgpack/msgpack';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { backoff, Hub } from './hub';
import { msgpack } from './msgpack';
import { Problem } from './problem';

type Frame = Record<string, unknown> & { t: string };

/** The network's end: what the browser's WebSocket would be. */
class Wire {
  static last: Wire;
  static count = 0;
  readyState = 1;
  binaryType = '';
  sent: Frame[] = [];
  onmessage: ((event: { data: Uint8Array }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;

  constructor() {
    Wire.last = this;
    Wire.count += 1;
  }
  send(bytes: Uint8Array): void {
    this.sent.push(decode(bytes) as Frame);
  }
  close(): void {
    this.readyState = 3;
  }
  says(frame: Frame): void {
    this.onmessage?.({ data: encode(frame) });
  }
  welcomes(epoch = 'e1'): void {
    this.says({ t: 'welcome', session: 's', time_ms: Date.now(), heartbeat_s: 20, epoch, caller: {} });
  }
  cut(code = 1006): void {
    this.readyState = 3;
    this.onclose?.({ code });
  }
  frames(t: string): Frame[] {
    return this.sent.filter((frame) => frame.t === t);
  }
}

let hub: Hub;

beforeEach(() => {
  vi.useFakeTimers();
  Wire.count = 0;
  hub = new Hub({ url: 'ws://hub/ws', codec: msgpack, WebSocket: Wire as never, random: () => 1 }).open();
});

afterEach(() => {
  hub.close();
  vi.useRealTimers();
});

const snapshot = (ref: unknown, more: boolean, seq = 10): Frame => ({
  t: 'snapshot',
  ref,
  topic: 'schedule',
  seq,
  jobs: [],
  more,
});
const event = (seq: number): Frame => ({
  t: 'event',
  topic: 'schedule',
  seq,
  at: 0,
  kind: 'job_edited',
  job: null,
});

describe('a subscription', () => {
  it('is sent after the welcome, and is live once its snapshot is whole', () => {
    hub.subscribe('schedule', { from: 1, to: 2 });
    expect(Wire.last.sent).toEqual([]);
    Wire.last.welcomes();
    const [sent] = Wire.last.frames('subscribe');
    expect(sent).toMatchObject({ topic: 'schedule', from: 1, to: 2 });
    expect(sent).not.toHaveProperty('after');
    expect(hub.connection.state).toBe('catching_up');
    Wire.last.says(snapshot(sent!.ref, true));
    expect(hub.connection.state).toBe('catching_up');
    Wire.last.says(snapshot(sent!.ref, false));
    expect(hub.connection.state).toBe('live');
  });

  it('resumes after the last event that was seen', () => {
    hub.subscribe('schedule');
    Wire.last.welcomes();
    Wire.last.says(snapshot(Wire.last.frames('subscribe')[0]!.ref, false, 10));
    Wire.last.says(event(11));
    Wire.last.says(event(12));
    Wire.last.cut();
    vi.advanceTimersByTime(300);
    Wire.last.welcomes();
    expect(Wire.last.frames('subscribe')[0]).toMatchObject({ topic: 'schedule', after: 12 });
  });

  it('begins anew when the cut came in the middle of a snapshot', () => {
    hub.subscribe('schedule');
    Wire.last.welcomes();
    Wire.last.says(snapshot(Wire.last.frames('subscribe')[0]!.ref, true));
    Wire.last.says(event(11));
    Wire.last.cut();
    vi.advanceTimersByTime(300);
    Wire.last.welcomes();
    expect(Wire.last.frames('subscribe')[0]).not.toHaveProperty('after');
  });

  it('begins anew when the hub’s log is another one', () => {
    hub.subscribe('schedule');
    Wire.last.welcomes('e1');
    Wire.last.says(snapshot(Wire.last.frames('subscribe')[0]!.ref, false));
    Wire.last.cut();
    vi.advanceTimersByTime(300);
    Wire.last.welcomes('e2');
    expect(Wire.last.frames('subscribe')[0]).not.toHaveProperty('after');
  });

  it('does not hear the rest of a snapshot that another one has replaced', () => {
    const heard: Frame[] = [];
    hub.listen((message) => heard.push(message as Frame));
    hub.subscribe('schedule', { from: 1, to: 2 });
    Wire.last.welcomes();
    const old = Wire.last.frames('subscribe')[0]!.ref;
    hub.subscribe('schedule', { from: 2, to: 3 });
    Wire.last.says(snapshot(old, false));
    expect(heard.filter(({ t }) => t === 'snapshot')).toEqual([]);
  });

  it('that stays unanswered is asked for again on a new connection', () => {
    hub.subscribe('schedule');
    Wire.last.welcomes();
    vi.advanceTimersByTime(10_000);
    expect(Wire.count).toBe(1);
    Wire.last.says({ t: 'ping', time_ms: 0 });
    vi.advanceTimersByTime(6_000);
    expect(Wire.count).toBe(2);
    Wire.last.welcomes();
    expect(Wire.last.frames('subscribe')).toHaveLength(1);
  });

  it('to the map sends its viewport again', () => {
    hub.subscribe('map');
    hub.setViewport({ west: 1, south: 2, east: 3, north: 4, zoom: 12 });
    Wire.last.welcomes();
    Wire.last.cut();
    vi.advanceTimersByTime(300);
    Wire.last.welcomes();
    expect(Wire.last.sent.map(({ t }) => t)).toEqual(['subscribe', 'viewport']);
  });
});

describe('a command', () => {
  it('resolves with the job and its seq', async () => {
    Wire.last.welcomes();
    const answer = hub.command('j', { do: 'publish' });
    const [sent] = Wire.last.frames('command');
    expect(sent).toMatchObject({ job: 'j', do: 'publish' });
    Wire.last.says({ t: 'ok', ref: sent!.ref, job: { id: 'j' }, seq: 5 });
    await expect(answer).resolves.toEqual({ job: { id: 'j' }, seq: 5 });
  });

  it('is sent again under the same id when the answer was lost', async () => {
    Wire.last.welcomes();
    const answer = hub.command('j', { do: 'publish' });
    const first = Wire.last.frames('command')[0]!;
    Wire.last.cut();
    vi.advanceTimersByTime(300);
    Wire.last.welcomes();
    const second = Wire.last.frames('command')[0]!;
    expect(second.id).toBe(first.id);
    Wire.last.says({ t: 'ok', ref: second.ref, seq: 5 });
    await expect(answer).resolves.toEqual({ job: null, seq: 5 });
  });

  it('rejects with the hub’s refusal', async () => {
    Wire.last.welcomes();
    const answer = hub.command('j', { do: 'publish', version: 3 });
    const problem = { type: '/problems/conflict', title: 'Conflict', status: 409, detail: 'Moved meanwhile' };
    Wire.last.says({ t: 'refused', ref: Wire.last.frames('command')[0]!.ref, problem });
    const refusal = await answer.catch((error: unknown) => error as Problem);
    expect(refusal).toBeInstanceOf(Problem);
    expect(refusal).toMatchObject({ name: 'conflict', message: 'Moved meanwhile' });
  });

  it('gives up when the hub stays away', async () => {
    const answer = hub.command('j', { do: 'publish' }).catch((error: unknown) => error);
    vi.advanceTimersByTime(15_000);
    expect(await answer).toMatchObject({ status: 0 });
  });
});

describe('a lost connection', () => {
  it('comes back later and later, and says since when it is gone', () => {
    Wire.last.cut();
    const { connection } = hub;
    expect(connection.state).toBe('offline');
    vi.advanceTimersByTime(300);
    expect(Wire.count).toBe(2);
    Wire.last.cut();
    vi.advanceTimersByTime(599);
    expect(Wire.count).toBe(2);
    vi.advanceTimersByTime(1);
    expect(Wire.count).toBe(3);
    expect(hub.connection).toEqual(connection);
  });

  it.each([4000, 4001, 4002])('with %i comes back', (code) => {
    Wire.last.cut(code);
    vi.advanceTimersByTime(300);
    expect(Wire.count).toBe(2);
  });

  it.each([4500, 4501, 4502, 4503])('with %i stays away', (code) => {
    Wire.last.cut(code);
    vi.advanceTimersByTime(60_000);
    expect(Wire.count).toBe(1);
    expect(hub.connection).toEqual({ state: 'ended', code });
  });

  it('is noticed by silence', () => {
    Wire.last.welcomes();
    vi.advanceTimersByTime(51_000);
    expect(Wire.count).toBe(2);
  });

  it('answers pings and follows the hub’s clock', () => {
    Wire.last.welcomes();
    Wire.last.says({ t: 'ping', time_ms: Date.now() + 5_000 });
    expect(Wire.last.frames('pong')).toHaveLength(1);
    expect(hub.now()).toBe(Date.now() + 5_000);
  });
});

it('waits between half and all of a doubling pause, ten seconds at most', () => {
  expect(backoff(0, () => 0)).toBe(150);
  expect(backoff(1, () => 1)).toBe(600);
  expect(backoff(50, () => 1)).toBe(10_000);
});
