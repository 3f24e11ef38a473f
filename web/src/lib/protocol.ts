/// The wire's types as the apps see them: instants are integer milliseconds everywhere (http.ts converts at the door).
import type { PermissionSet } from '../gen/PermissionSet';

export type Id = string;
/** Milliseconds since 1970, UTC. */
export type Instant = number;

export type JobStatus =
  'unassigned' | 'allocated' | 'pending' | 'assigned' | 'started' | 'completed' | 'cancelled';

export type Access = 'read_only' | 'optional' | 'required';
export type Rule = 'hidden' | Access;

export type FieldKind =
  | 'text'
  | 'long_text'
  | 'number'
  | 'date'
  | 'time'
  | 'choice'
  | 'choices'
  | 'checkbox'
  | 'link'
  | 'photo'
  | 'signature';

export type FieldValue = string | number | boolean | string[] | null;
/** Values as they are sent: by key. */
export type FieldValues = Record<string, FieldValue>;

/** A field inside a job: what it is, what it holds, and what this caller may do with it. */
export interface JobField {
  key: string;
  label: string;
  kind: FieldKind;
  options?: string[] | null;
  value: FieldValue;
  access: Access;
}

export interface Address {
  text: string;
  latitude: number | null;
  longitude: number | null;
}

export interface JobStep {
  index: number;
  name: string;
  access: Access;
  /** Whether it has a place at all. */
  has_address: boolean;
  address: Address | null;
  done_at: Instant | null;
  done_received_at: Instant | null;
  fields: JobField[];
}

export interface Named {
  id: Id;
  name: string;
}

export interface TemplateRef extends Named {
  colour: string;
}

export interface Contact {
  name: string;
  phone: string | null;
}

export interface AssetRef extends Named {
  type: string;
}

export interface JobFile extends Named {
  type: string;
  url: string;
}

export interface InvoiceLine {
  code: string | null;
  description: string;
  quantity: string;
  unit_price: string;
  tax_rate: string;
  total: string;
}

export interface Invoice {
  number: string | null;
  date: string | null;
  currency: string;
  lines: InvoiceLine[];
  taxes: { rate: string; amount: string }[];
  total: string;
}

export interface Declined {
  worker: Named | null;
  reason: string | null;
  at: Instant;
}

/** What this caller may do with this job now. */
export interface JobCan {
  edit: boolean;
  cancel: boolean;
  delete: boolean;
  accept: boolean;
  decline: boolean;
  see_map: boolean;
  see_worker: boolean;
  invoice: boolean;
  alerts: boolean;
}

export type JobSource = 'portal' | 'dispatcher' | 'api';

export interface Job {
  id: Id;
  number: string;
  version: number;
  /** Null for a portal user without "see live status". */
  status: JobStatus | null;
  paused: boolean;
  en_route: boolean;
  template: TemplateRef;
  customer: Named;
  worker: Named | null;
  requested_start: Instant | null;
  scheduled_start: Instant | null;
  scheduled_end: Instant | null;
  actual_start: Instant | null;
  actual_end: Instant | null;
  duration_min: number;
  date: { at: Instant; kind: 'requested' | 'scheduled' | 'actual' } | null;
  steps: JobStep[];
  fields: JobField[];
  last_completed_step: string | null;
  source: JobSource;
  is_new: boolean;
  changed_by_customer: boolean;
  declined: Declined[];
  asset: AssetRef | null;
  contact: Contact | null;
  notes: string | null;
  internal_notes: string | null;
  files: JobFile[];
  invoice: Invoice | null;
  can: JobCan;
}

export type CallerKind = 'dispatcher' | 'worker' | 'portal_user' | 'link' | 'api';

/** Permissions of a portal user for one customer, already evaluated. */
export type Permissions = PermissionSet;

export interface CallerCustomer extends Named {
  permissions: Permissions;
}

export interface Tenant extends Named {
  slug: string;
  time_zone: string;
}

export interface Caller {
  kind: CallerKind;
  id: Id;
  name: string;
  admin: boolean;
  tenant: Tenant;
  customers: CallerCustomer[];
}

/** One of several memberships of a log-in, to choose from. */
export interface Membership {
  slug: string;
  name: string;
  kind: CallerKind;
}

export type Login = { caller: Caller } | { choose: Membership[] };

/** A template's field; `worker` and `portal` for dispatchers, `access` in a portal user's copy. */
export interface TemplateField {
  key: string;
  label: string;
  kind: FieldKind;
  options?: string[] | null;
  worker?: Rule;
  portal?: Rule;
  access?: Access;
}

export interface TemplateStep {
  index?: number;
  name: string;
  address: boolean;
  portal?: Rule;
  access?: Access;
  fields: TemplateField[];
}

export interface Template {
  id: Id;
  name: string;
  colour: string;
  duration_min: number;
  parts: {
    requested_start?: Rule;
    asset?: Rule;
    contact?: Rule;
    notes?: Rule;
    copies?: number;
  };
  steps: TemplateStep[];
  fields: TemplateField[];
  archived?: boolean;
}

export interface Customer extends Named {
  email?: string | null;
  phone?: string | null;
  address?: Address | null;
}

export interface Asset extends Named {
  type: string;
  customer?: Id | null;
  address?: Address | null;
}

export interface Portal {
  name: string;
  slug?: string;
  introduction: string | null;
  phone: string | null;
  logo: string | null;
  colours: { primary?: string | null; primary_content?: string | null } | null;
  public_signup: boolean;
  enabled: boolean;
}

/** A span of working time in the tenant's zone: `day` 1 = Monday, times "HH:MM". */
export interface WorkingHours {
  day: number;
  start: string;
  end: string;
}

export interface ScheduleWorker extends Named {
  hours?: WorkingHours[] | null;
  on_duty?: boolean;
  connected?: boolean;
  battery?: number | null;
  last_fix_at?: Instant | null;
  current_job?: Id | null;
}

export interface Schedule {
  workers: ScheduleWorker[];
  jobs: Job[];
  to_place: Job[];
  seq: number;
}

export interface Page<T> {
  items: T[];
  next: string | null;
}

export type ProblemName =
  | 'not_authenticated'
  | 'forbidden'
  | 'missing'
  | 'invalid'
  | 'conflict'
  | 'illegal_transition'
  | 'wrong_step'
  | 'required_fields'
  | 'paused'
  | 'undo_too_late'
  | 'no_longer_yours'
  | 'idempotency_mismatch'
  | 'time_not_available'
  | 'portal_off'
  | 'too_many_requests'
  | 'busy'
  | 'unreadable'
  | 'internal';

/** RFC 9457 as the hub sends it. */
export interface ProblemBody {
  type: string;
  title: string;
  status: number;
  detail?: string | null;
  errors?: { pointer: string; detail: string }[];
  job_status?: JobStatus;
  number?: string;
  reason?: string;
}

/** What may be asked of a job; the same over HTTP and the socket. */
export type Command =
  | { do: 'allocate'; worker: Id; start: Instant; end?: Instant }
  | { do: 'unallocate' }
  | { do: 'publish' }
  | { do: 'unpublish' }
  | { do: 'accept' }
  | { do: 'decline'; reason: string }
  | { do: 'en_route' }
  | { do: 'complete_step'; step: number; fields?: FieldValues }
  | { do: 'undo_step' }
  | { do: 'pause' }
  | { do: 'resume' }
  | { do: 'cancel'; reason?: string }
  | { do: 'reopen' }
  | { do: 'reschedule'; start: Instant; end?: Instant; worker?: Id }
  | { do: 'mark_seen' };

export type Versioned = { version?: number; at?: Instant };

export interface NewJobStep {
  index: number;
  address?: { text: string; latitude?: number | null; longitude?: number | null };
  fields?: FieldValues;
}

export interface NewJob {
  template: Id;
  customer?: Id;
  copies?: number;
  /** An instant, or a local time without offset in the tenant's zone. */
  requested_start?: Instant | string;
  asset?: Id;
  contact?: Contact;
  notes?: string;
  steps?: NewJobStep[];
  fields?: FieldValues;
  worker?: Id;
  scheduled_start?: Instant;
  scheduled_end?: Instant;
  duration_min?: number;
  internal_notes?: string;
  publish?: boolean;
}

export type EditJob = Partial<NewJob> & { version?: number };

export type EventKind =
  | 'job_created'
  | 'job_edited'
  | 'job_allocated'
  | 'job_unallocated'
  | 'job_published'
  | 'job_unpublished'
  | 'job_assigned'
  | 'job_declined'
  | 'job_rescheduled'
  | 'job_en_route'
  | 'job_started'
  | 'job_step_completed'
  | 'job_step_undone'
  | 'job_paused'
  | 'job_resumed'
  | 'job_completed'
  | 'job_cancelled'
  | 'job_reopened'
  | 'job_seen'
  | 'job_invoice_changed'
  | 'job_arrived'
  | 'job_left'
  | 'job_deleted'
  | 'job_removed';

export type RemovalReason =
  'reassigned' | 'unpublished' | 'declined' | 'cancelled' | 'deleted' | 'not_permitted';

export interface By {
  kind: CallerKind | 'hub';
  name: string | null;
}

/** One line of a job's history. */
export interface JobEvent {
  seq: number;
  at: Instant;
  kind: EventKind;
  job: Job | null;
  job_id: Id;
  by: By;
  reason?: RemovalReason | string | null;
}

export type DutyStatus = 'off_duty' | 'free' | 'en_route' | 'working' | 'paused';

/** [worker, time_ms, lat, lon, accuracy_m, speed_mps, heading_deg, status] */
export type PositionTuple = [
  Id,
  Instant,
  number,
  number,
  number | null,
  number | null,
  number | null,
  DutyStatus,
];

/** [time_ms, lat, lon, accuracy_m, speed_mps, heading_deg, battery_0_1] */
export type FixTuple = [Instant, number, number, number | null, number | null, number | null, number | null];

export interface Position {
  worker: Id;
  at: Instant;
  latitude: number;
  longitude: number;
  accuracy_m: number | null;
  speed_mps: number | null;
  heading_deg: number | null;
  status: DutyStatus;
}

export type Topic = 'schedule' | 'map' | 'portal' | 'worker' | `job/${Id}`;

export type ClientMessage =
  | { t: 'subscribe'; ref: number; topic: Topic; after?: number; from?: Instant; to?: Instant }
  | { t: 'unsubscribe'; ref: number; topic: Topic }
  | { t: 'viewport'; west: number; south: number; east: number; north: number; zoom: number }
  | ({ t: 'command'; ref: number; id: Id; job: Id } & Command & Versioned)
  | { t: 'fixes'; n: number; fixes: FixTuple[]; device?: string }
  | { t: 'duty'; ref: number; on: boolean }
  | { t: 'editing'; job: Id | null }
  | { t: 'pong'; time_ms: Instant };

export interface Welcome {
  t: 'welcome';
  session: string;
  time_ms: Instant;
  heartbeat_s: number;
  epoch: number | string;
  caller: Caller;
}

export interface Snapshot {
  t: 'snapshot';
  ref: number;
  topic: Topic;
  seq: number;
  jobs: Job[];
  workers?: ScheduleWorker[] | null;
  more: boolean;
}

export interface EventMessage extends JobEvent {
  t: 'event';
  topic: Topic;
}

export interface PositionsMessage {
  t: 'positions';
  topic: Topic;
  list: PositionTuple[];
  gone?: Id[] | null;
}

export interface CellsMessage {
  t: 'cells';
  resolution: number;
  list: [cell: string, workers: number, open_jobs: number][];
}

export interface EtaMessage {
  t: 'eta';
  topic: Topic;
  job: Id;
  seconds: number;
  distance_m: number | null;
  at: Instant;
}

export interface WorkerMessage {
  t: 'worker';
  worker: Id;
  name: string;
  on_duty: boolean;
  connected: boolean;
  battery: number | null;
  last_fix_at: Instant | null;
  current_job: Id | null;
}

export interface PresenceMessage {
  t: 'presence';
  dispatchers: { id: Id; name: string; editing: Id | null }[];
}

export interface OkMessage {
  t: 'ok';
  ref: number;
  seq?: number | null;
  job?: Job | null;
}

export interface RefusedMessage {
  t: 'refused';
  ref: number | null;
  problem: ProblemBody;
}

export type HubMessage =
  | Welcome
  | Snapshot
  | EventMessage
  | PositionsMessage
  | CellsMessage
  | EtaMessage
  | WorkerMessage
  | PresenceMessage
  | OkMessage
  | RefusedMessage
  | { t: 'stored'; n: number }
  | { t: 'ping'; time_ms: Instant };

/** A position tuple by name. */
export function position(tuple: PositionTuple): Position {
  const [worker, at, latitude, longitude, accuracy_m, speed_mps, heading_deg, status] = tuple;
  return { worker, at, latitude, longitude, accuracy_m, speed_mps, heading_deg, status };
}
