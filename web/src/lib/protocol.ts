/// The wire's types by the names that the apps use. What the hub's source defines comes generated from it (`gen/`);
/// the HTTP bodies it does not export stand here. Instants are integer milliseconds everywhere: http.ts converts.
import type { CommandBody } from '../gen/CommandBody';
import type { ServerMessage } from '../gen/ServerMessage';
import type { EventMessage as WireEvent } from '../gen/EventMessage';
import type { Field } from '../gen/Field';
import type { FreeTime as WireTime } from '../gen/FreeTime';
import type { FieldValue as Value } from '../gen/FieldValue';
import type { Gone } from '../gen/Gone';
import type { Job as WireJob } from '../gen/Job';
import type { Kind } from '../gen/Kind';
import type { Millis } from '../gen/Millis';
import type { Position as PositionTuple } from '../gen/Position';
import type { Problem } from '../gen/Problem';
import type { Rule } from '../gen/Rule';
import type { ScheduleWorker as Row } from '../gen/ScheduleWorker';
import type { Status } from '../gen/Status';
import type { Step } from '../gen/Step';
import type { WorkerState } from '../gen/WorkerState';
import type { WorkerStatus } from '../gen/WorkerStatus';
import type { ByKind } from '../gen/ByKind';
import type { Contact } from '../gen/Contact';
import type { NewLink as WireNewLink } from '../gen/NewLink';
import type { SharedLink as WireSharedLink } from '../gen/SharedLink';

export type { Address } from '../gen/Address';
export type { Asset } from '../gen/Asset';
export type { Price } from '../gen/Price';
export type { AssetRef } from '../gen/AssetRef';
export type { By } from '../gen/By';
export type { Caller } from '../gen/Caller';
export type { Can as JobCan } from '../gen/Can';
export type { ClientMessage } from '../gen/ClientMessage';
export type { Contact } from '../gen/Contact';
export type { Customer } from '../gen/Customer';
export type { FieldKind } from '../gen/FieldKind';
export type { Invoice } from '../gen/Invoice';
export type { InvoiceLine } from '../gen/InvoiceLine';
export type { InvoicePaper } from '../gen/InvoicePaper';
export type { Party } from '../gen/Party';
export type { LinkedCustomer as CallerCustomer } from '../gen/LinkedCustomer';
export type { List as Page } from '../gen/List';
export type { LoginAnswer as Login } from '../gen/LoginAnswer';
export type { Membership } from '../gen/Membership';
export type { PermissionSet as Permissions } from '../gen/PermissionSet';
export type { Portal } from '../gen/Portal';
export type { Position as PositionTuple } from '../gen/Position';
export type { RawFix as FixTuple } from '../gen/RawFix';
export type { Rule } from '../gen/Rule';
export type { Template } from '../gen/Template';
export type { TemplateField } from '../gen/TemplateField';
export type { TemplateRef } from '../gen/TemplateRef';
export type { TenantRef as Tenant } from '../gen/TenantRef';

export type Id = string;
/** Milliseconds since 1970, UTC. */
export type Instant = Millis;
export type JobStatus = Status;
/** What this caller may do with a field or a step of a job. */
export type Access = Rule;
export type FieldValue = Value | null;
/** Values as they are sent: by key. */
export type FieldValues = Record<string, FieldValue>;
export type JobField = Field;
export type JobStep = Step<Instant>;
export type CallerKind = ByKind;
export type EventKind = Kind;
export type RemovalReason = Gone;
export type DutyStatus = WorkerStatus;
/** `schedule` (dispatchers), `map` (dispatchers), `portal`, `worker`, or `job/<id>`. */
export type Topic = string;
export type ProblemBody = Problem;

/** A time that may be asked for. */
export type FreeTime = { [K in keyof WireTime]: Instant };
export interface Times {
  time_zone: string;
  items: FreeTime[];
}

/** A job as this caller sees it. */
export type Job = WireJob<Instant>;

export interface Named {
  id: Id;
  name: string;
}

/** A row of the schedule, with what the topic `schedule` has told of the worker since. */
export type ScheduleWorker = Row & Partial<Omit<WorkerState, 'worker'>>;

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

/** What may be asked of a job; the same over HTTP and the socket. Narrower than the wire's one loose body. */
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

export type Versioned = Pick<CommandBody<Instant>, 'version' | 'at'>;

/** A line of an invoice as it is sent: decimals as text. */
export interface NewInvoiceLine {
  code: string;
  description: string;
  quantity: string;
  unit_price: string;
  tax_rate: string;
}

export type NewLink = Omit<WireNewLink, 'expires_at'> & { expires_at: Instant };
export type SharedLink = Omit<WireSharedLink, 'created_at' | 'expires_at' | 'revoked_at'> & {
  created_at: Instant;
  expires_at: Instant;
  revoked_at: Instant | null;
};

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
  invoice_lines?: NewInvoiceLine[];
  publish?: boolean;
}

/** A null asset takes it off the job. */
export type EditJob = Partial<Omit<NewJob, 'asset'>> & { asset?: Id | null; version?: number };

/** One line of a job's history: the socket's `event` without `t` and `topic`. */
export type JobEvent = Omit<WireEvent, 'topic'>;

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

export type HubMessage = ServerMessage;
export type Message<T extends ServerMessage['t']> = Extract<ServerMessage, { t: T }>;
export type Snapshot = Message<'snapshot'>;
export type EventMessage = Message<'event'>;
export type EtaMessage = Message<'eta'>;
export type PresenceMessage = Message<'presence'>;
export type OkMessage = Message<'ok'>;

/** A position tuple by name. */
export function position(tuple: PositionTuple): Position {
  const [worker, at, latitude, longitude, accuracy_m, speed_mps, heading_deg, status] = tuple;
  return { worker, at, latitude, longitude, accuracy_m, speed_mps, heading_deg, status };
}
