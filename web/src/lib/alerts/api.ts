/// Quick alerts, over HTTP: own addresses and wishes, the log, the account of text messages.
import type { AlertOptions } from '../../gen/AlertOptions';
import type { AlertSubscription } from '../../gen/AlertSubscription';
import type { AlertSubscriptionBody } from '../../gen/AlertSubscriptionBody';
import type { ContactPoint } from '../../gen/ContactPoint';
import type { ContactPointBody } from '../../gen/ContactPointBody';
import type { ContactPointChange } from '../../gen/ContactPointChange';
import type { List } from '../../gen/List';
import type { PushSubscriptionBody } from '../../gen/PushSubscriptionBody';
import type { SentAlert as Sent } from '../../gen/SentAlert';
import type { SmsAccount } from '../../gen/SmsAccount';
import type { SmsLine as Line } from '../../gen/SmsLine';
import type { SmsStatement as Statement } from '../../gen/SmsStatement';
import type { Unsubscription } from '../../gen/Unsubscription';
import { request } from '../http';
import type { Id, Instant } from '../protocol';

export type { Alert } from '../../gen/Alert';
export type { AlertState } from '../../gen/AlertState';
export type { AlertText } from '../../gen/AlertText';
export type { Channel } from '../../gen/Channel';
export type { QuietHours } from '../../gen/QuietHours';
export type { AlertOptions, AlertSubscription, ContactPoint, SmsAccount, Unsubscription };

/** Instants arrive as milliseconds. */
export type SentAlert = Omit<Sent, 'created_at' | 'sent_at' | 'due_at'> & {
  created_at: Instant;
  sent_at: Instant | null;
  due_at: Instant | null;
};
export type SmsLine = Omit<Line, 'at'> & { at: Instant };
export type SmsStatement = Omit<Statement, 'lines'> & { lines: SmsLine[] };

const unsubscribe = (token: string) => `/api/unsubscribe/${encodeURIComponent(token)}`;

export const alertsApi = {
  options: () => request<AlertOptions>('GET', '/api/alert-options'),
  points: () => request<List<ContactPoint>>('GET', '/api/contact-points'),
  addPoint: (body: ContactPointBody) => request<ContactPoint>('POST', '/api/contact-points', { body }),
  changePoint: (id: Id, body: ContactPointChange) =>
    request<ContactPoint>('PATCH', `/api/contact-points/${id}`, { body }),
  removePoint: (id: Id) => request<undefined>('DELETE', `/api/contact-points/${id}`),
  sendCode: (id: Id) => request<undefined>('POST', `/api/contact-points/${id}/code`),
  verify: (id: Id, code: string) =>
    request<ContactPoint>('POST', `/api/contact-points/${id}/verify`, { body: { code } }),
  subscribeBrowser: (body: PushSubscriptionBody) =>
    request<ContactPoint>('PUT', '/api/push-subscription', { body }),
  wishes: () => request<List<AlertSubscription>>('GET', '/api/alert-subscriptions'),
  addWish: (body: AlertSubscriptionBody) =>
    request<AlertSubscription>('POST', '/api/alert-subscriptions', { body }),
  changeWish: (id: Id, events: AlertSubscription['events']) =>
    request<AlertSubscription>('PATCH', `/api/alert-subscriptions/${id}`, { body: { events } }),
  removeWish: (id: Id) => request<undefined>('DELETE', `/api/alert-subscriptions/${id}`),

  log: (query: { job?: Id; state?: string; q?: string; after?: string | null; limit?: number }) =>
    request<List<SentAlert>>('GET', '/api/alerts', { query }),
  resend: (id: Id) => request<undefined>('POST', `/api/alerts/${id}/resend`),
  account: () => request<SmsAccount>('GET', '/api/sms-account'),
  statement: (month: string) => request<SmsStatement>('GET', `/api/sms-account/${month}`),

  unsubscription: (token: string) => request<Unsubscription>('GET', unsubscribe(token)),
  stop: (token: string) => request<Unsubscription>('POST', unsubscribe(token)),
  resume: (token: string) => request<Unsubscription>('DELETE', unsubscribe(token)),
};
