/// What the pages about programs ask of the hub.
import type { ApiToken as Token } from '../../gen/ApiToken';
import type { ApiTokenBody } from '../../gen/ApiTokenBody';
import type { Delivery as Call } from '../../gen/Delivery';
import type { Kind } from '../../gen/Kind';
import type { Replayed } from '../../gen/Replayed';
import type { Webhook } from '../../gen/Webhook';
import type { WebhookBody } from '../../gen/WebhookBody';
import { request } from '../../lib/http';
import type { Id, Instant, Page } from '../../lib/protocol';

export type { Scope } from '../../gen/Scope';
export type { Webhook, WebhookBody };

/** Instants arrive as milliseconds. */
export type ApiToken = Omit<Token, 'created_at' | 'expires_at' | 'used_at'> & {
  created_at: Instant;
  expires_at: Instant | null;
  used_at: Instant | null;
};
export type Delivery = Omit<Call, 'created_at' | 'sent_at' | 'due_at'> & {
  created_at: Instant;
  sent_at: Instant | null;
  due_at: Instant | null;
};

/** The kinds of events in the order of a job's life; one that is missing here does not compile. */
const KINDS = {
  job_created: true,
  job_edited: true,
  job_allocated: true,
  job_unallocated: true,
  job_published: true,
  job_unpublished: true,
  job_assigned: true,
  job_declined: true,
  job_rescheduled: true,
  job_en_route: true,
  job_nearby: true,
  job_arrived: true,
  job_started: true,
  job_step_completed: true,
  job_step_undone: true,
  job_paused: true,
  job_resumed: true,
  job_left: true,
  job_completed: true,
  job_cancelled: true,
  job_reopened: true,
  job_seen: true,
  job_invoice_changed: true,
  job_deleted: true,
} satisfies Record<Exclude<Kind, 'job_removed'>, true>;

/** As webhooks name them. */
export const EVENTS = Object.keys(KINDS).map((kind) => kind.replace('_', '.'));

export const programs = {
  tokens: () => request<Page<ApiToken>>('GET', '/api/tokens'),
  makeToken: (body: ApiTokenBody) => request<ApiToken>('POST', '/api/tokens', { body }),
  revokeToken: (id: Id) => request<undefined>('DELETE', `/api/tokens/${id}`),
  webhooks: () => request<Page<Webhook>>('GET', '/api/webhooks'),
  saveWebhook: (id: Id | undefined, body: WebhookBody) =>
    request<Webhook>(id ? 'PATCH' : 'POST', `/api/webhooks${id ? `/${id}` : ''}`, { body }),
  removeWebhook: (id: Id) => request<undefined>('DELETE', `/api/webhooks/${id}`),
  newSecret: (id: Id) => request<Webhook>('POST', `/api/webhooks/${id}/secret`),
  test: (id: Id) => request<undefined>('POST', `/api/webhooks/${id}/test`),
  replay: (id: Id, since: string) =>
    request<Replayed>('POST', `/api/webhooks/${id}/replay`, { body: { since } }),
  calls: (id: Id, after?: string | null) =>
    request<Page<Delivery>>('GET', `/api/webhooks/${id}/deliveries`, { query: { after, limit: 20 } }),
  again: (id: Id, seq: number) => request<undefined>('POST', `/api/webhooks/${id}/deliveries/${seq}/resend`),
};
