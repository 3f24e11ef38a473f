-- Jobs, their log, and what leaves the building because of them.

-- doc is {"job": the whole job, "list": what lists filter, sort and search by}. The columns are generated from
-- "list", so that a row can never disagree with its document. Statuses are numbered in the order of a job's life
-- (1 unassigned ... 5 started, 6 completed, 7 cancelled): open is below 6.
create table job (
  tenant uuid not null,
  id uuid not null,
  version bigint not null,
  number bigint not null,
  status smallint not null,
  customer uuid not null,
  updated_at timestamptz not null default now(),
  doc jsonb not null,
  worker uuid generated always as ((doc #>> '{list,worker}')::uuid) stored,
  template uuid generated always as ((doc #>> '{list,template}')::uuid) stored,
  date_ms bigint generated always as ((doc #>> '{list,date_ms}')::bigint) stored,
  portal_date_ms bigint generated always as ((doc #>> '{list,portal_date_ms}')::bigint) stored,
  start_ms bigint generated always as ((doc #>> '{list,start_ms}')::bigint) stored,
  end_ms bigint generated always as ((doc #>> '{list,end_ms}')::bigint) stored,
  portal_status smallint generated always as ((doc #>> '{list,portal_status}')::smallint) stored,
  search text generated always as (doc #>> '{list,search}') stored,
  portal_search text generated always as (doc #>> '{list,portal_search}') stored,
  constraint job_pk primary key (tenant, id))
  with (fillfactor = 70);
create unique index job_number on job (tenant, number);
-- Lists sort by these and page by their last row. What has no date comes after every date.
create index job_date on job (tenant, coalesce(date_ms, 9223372036854775807), number);
create index job_customer on job (tenant, customer, coalesce(portal_date_ms, 9223372036854775807), number);
create index job_status on job (tenant, status, number);
create index job_start on job (tenant, start_ms);
create index job_worker_open on job (tenant, worker) where status < 6;
create index job_open on job (tenant) where status < 6;
comment on table job is 'A job as it is now: the cache line that an actor loads and commits. Changed only by commit_batch().';
select protect_tenant_table('job');
select open_to_courier('job');
grant delete on job to hub_writer;

create table command (
  tenant uuid not null,
  id uuid not null,
  hash bigint not null,
  job uuid not null,
  seq bigint not null,
  version bigint not null,
  at timestamptz not null default now(),
  constraint command_pk primary key (tenant, id));
create index command_at on command using brin (at);
comment on table command is 'Commands that changed something, kept 30 days: a retried one gets its first answer and changes nothing.';
select protect_tenant_table('command');
grant delete on command to hub_writer;

create table event (
  tenant uuid not null,
  seq bigint not null,
  job uuid not null,
  version bigint not null,
  at timestamptz not null default now(),
  kind smallint not null,
  cmd uuid not null,
  data jsonb not null,
  constraint event_pk primary key (tenant, seq));
-- A job's history, and the last line of defence against two commits of one version.
create unique index event_job on event (tenant, job, version);
comment on table event is 'The log: gapless seq per tenant, append-only; only data is emptied when its job is deleted.';
select protect_tenant_table('event');
select open_to_courier('event');
revoke update on event from hub_writer;
grant update (data) on event to hub_writer;

create table contact_point (
  tenant uuid not null,
  id uuid not null,
  portal_user uuid,
  worker uuid,
  kind smallint not null,
  address text not null,
  verified_at timestamptz,
  stopped_at timestamptz,
  constraint contact_point_pk primary key (tenant, id),
  constraint contact_point_one_owner check (num_nonnulls(portal_user, worker) = 1),
  constraint contact_point_kind check (kind in (1, 2)));
comment on table contact_point is 'An e-mail address (1) or phone number (2) that alerts go to, once verified and until stopped.';
select protect_tenant_table('contact_point');
select open_to_courier('contact_point');
grant delete on contact_point to hub_writer;

-- kinds is a mask of event kinds: bit n for kind n.
create table alert_subscription (
  tenant uuid not null,
  id uuid not null,
  contact_point uuid not null,
  customer uuid,
  job uuid,
  worker uuid,
  kinds bigint not null,
  subject uuid not null generated always as (coalesce(job, customer, worker)) stored,
  constraint alert_subscription_pk primary key (tenant, id),
  constraint alert_subscription_one_subject check (num_nonnulls(customer, job, worker) = 1),
  constraint alert_subscription_contact_point_fk foreign key (tenant, contact_point) references contact_point (tenant, id) on delete cascade);
create index alert_subscription_subject on alert_subscription (tenant, subject);
comment on table alert_subscription is 'What a contact point wants to hear of: the events of one customer''s jobs, of one job, or of one worker''s jobs.';
select protect_tenant_table('alert_subscription');
select open_to_courier('alert_subscription');
grant delete on alert_subscription to hub_writer;

create table webhook (
  tenant uuid not null,
  id uuid not null,
  url text not null,
  secret text not null,
  kinds bigint not null,
  constraint webhook_pk primary key (tenant, id));
comment on table webhook is 'An address of a tenant that is told of events, by a mask of kinds.';
select protect_tenant_table('webhook');
select open_to_courier('webhook');
revoke select on webhook from hub_app;
grant delete on webhook to hub_writer;

create table alert (
  tenant uuid not null,
  seq bigint not null,
  subscription uuid not null,
  due_at timestamptz default now(),
  tries smallint not null default 0,
  constraint alert_pk primary key (tenant, seq, subscription))
  with (fillfactor = 70);
create index alert_due on alert (due_at) where due_at is not null;
comment on table alert is 'Alerts to send. The key is the promise: once per event and subscription, in the event''s own transaction.';
select protect_tenant_table('alert');
select open_to_courier('alert');
grant update, delete on alert to hub_courier;

create table delivery (
  tenant uuid not null,
  seq bigint not null,
  webhook uuid not null,
  due_at timestamptz default now(),
  tries smallint not null default 0,
  constraint delivery_pk primary key (tenant, seq, webhook))
  with (fillfactor = 70);
create index delivery_due on delivery (due_at) where due_at is not null;
comment on table delivery is 'Webhook calls to make, once per event and webhook, written in the event''s own transaction.';
select protect_tenant_table('delivery');
select open_to_courier('delivery');
grant update, delete on delivery to hub_courier;
