/// Notifications on this device: what its browser agreed to, told to the hub, and the contact point that the hub made of it.
import type { Id } from '../protocol';
import { words } from '../problem';
import { alertsApi, type ContactPoint } from './api';
import { a } from './words';

/** Whose notifications this browser gets, and as which contact point the hub knows it. */
interface Kept {
  person: Id;
  point: Id;
}

const KEPT = 'dispatch-hub-notifications';
const LATER = 'dispatch-hub-notifications-later';

/** What stands in the way of notifications here: nothing, the browser, or its owner's word. */
export function obstacle(): 'none' | 'unsupported' | 'blocked' {
  if (!('serviceWorker' in navigator) || !('PushManager' in window)) return 'unsupported';
  return Notification.permission === 'denied' ? 'blocked' : 'none';
}

/** The contact point of this browser. */
export function ownPoint(): Id | undefined {
  return kept()?.point;
}

/** Asks the browser, which asks its owner, and tells the hub. Rejects if either of them does not want to. */
export async function subscribe(person: Id, key: string): Promise<ContactPoint> {
  const { pushManager } = await navigator.serviceWorker.ready;
  let subscription = await pushManager.getSubscription();
  // A hub with another key has no use for what was agreed with the one before.
  if (subscription && base64url(subscription.options.applicationServerKey) !== key) {
    await subscription.unsubscribe();
    subscription = null;
  }
  subscription ??= await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  const { endpoint, keys } = subscription.toJSON();
  const point = await alertsApi.subscribeBrowser({
    endpoint: endpoint!,
    keys: { p256dh: keys!.p256dh!, auth: keys!.auth! },
    device: deviceName(navigator.userAgent),
    time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  });
  localStorage.setItem(KEPT, JSON.stringify({ person, point: point.id } satisfies Kept));
  return point;
}

/** Why it was not switched on; nothing, if its owner said no or closed the question: that is an answer. */
export function whyNot(error: unknown): string {
  if (!(error instanceof DOMException)) return words(error);
  return error.name === 'NotAllowedError' ? '' : a.device.unreachable;
}

/** Nothing is shown here any more. */
export async function unsubscribe(): Promise<void> {
  localStorage.removeItem(KEPT);
  const { pushManager } = await navigator.serviceWorker.ready;
  await (await pushManager.getSubscription())?.unsubscribe();
}

/**
 * At each start: the hub forgets a browser with its log-in, and the browser may have another address by now. What one worker agreed
 * to is not the next one's. Tells the hub's key if notifications could be switched on here and nobody has decided on it yet.
 */
export async function renew(person: Id): Promise<string | undefined> {
  const before = kept();
  if (before && before.person !== person) await unsubscribe();
  if (obstacle() !== 'none') return undefined;
  const { push } = await alertsApi.options();
  if (!push) return undefined;
  if (before?.person === person) {
    await subscribe(person, push);
    return undefined;
  }
  return Notification.permission === 'default' && !localStorage.getItem(LATER) ? push : undefined;
}

/** Not to be asked for by itself again. */
export function decideLater(): void {
  localStorage.setItem(LATER, 'yes');
}

function kept(): Kept | undefined {
  const text = localStorage.getItem(KEPT);
  return text ? (JSON.parse(text) as Kept) : undefined;
}

export function base64url(bytes: ArrayBuffer | null): string {
  const text = String.fromCharCode(...new Uint8Array(bytes ?? new ArrayBuffer(0)));
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** Each names itself among others; the first that is found is it. */
const BROWSERS: [RegExp, string][] = [
  [/Edg(A|iOS)?\//, 'Edge'],
  [/OPR\//, 'Opera'],
  [/SamsungBrowser\//, 'Samsung Internet'],
  [/(Firefox|FxiOS)\//, 'Firefox'],
  [/(Chrome|CriOS)\//, 'Chrome'],
  [/Safari\//, 'Safari'],
];
const SYSTEMS: [RegExp, string][] = [
  [/Android/, 'Android'],
  [/iPhone/, 'iPhone'],
  [/iPad/, 'iPad'],
  [/Windows/, 'Windows'],
  [/Mac OS X/, 'Mac'],
  [/Linux/, 'Linux'],
];

/** What people call this browser: "Chrome on Android". */
export function deviceName(userAgent: string): string {
  const named = (known: [RegExp, string][]) => known.find(([sign]) => sign.test(userAgent))?.[1];
  const browser = named(BROWSERS) ?? 'A browser';
  const system = named(SYSTEMS);
  return system ? `${browser} on ${system}` : browser;
}
