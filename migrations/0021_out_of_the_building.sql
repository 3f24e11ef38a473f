-- Out of the building: quick alerts, what text messages cost, webhooks.

-- One table for all that leaves the building to a person: letters (no job caused them) and alerts (an event did).
alter table mail rename to message;
alter table message rename constraint mail_pk to message_pk;
alter index mail_due rename to message_due;
alter index mail_tenant rename to message_tenant;
alter index mail_subject rename to message_subject;
alter table message
  alter column letter drop not null,
  add column channel smallint not null default 1 constraint message_channel check (channel in (1, 2)),
  add column contact_point uuid,
  add column seq bigint,
  add column job uuid,
  add column customer uuid,
  add column kinds bigint,
  add column said text,
  add column segments smallint,
  add column amount numeric(14, 4),
  add column receipt text,
  add column delivered_at timestamptz,
  add constraint message_letter_or_alert check (num_nonnulls(letter, seq) = 1);
-- The promise: once per event and contact point, written in the event's own transaction.
create unique index message_alert on message (tenant, seq, contact_point);
create index message_job on message (tenant, job) where job is not null;
create index message_receipt on message (receipt) where receipt is not null;
comment on table message is 'What leaves the building to a person. A letter has words of its own; an alert is an event (seq) told to a contact point, kinds says what it tells.';
comment on column message.channel is '1 e-mail, 2 SMS.';
comment on column message.said is 'Once it is out: the subject, or the text of an SMS.';
comment on column message.receipt is 'What the gateway calls it; reports of what became of it name that.';
comment on column message.subject is 'What the message is about: an invitation, a contact point. Withdrawing that withdraws the message.';
grant select (channel, contact_point, seq, job, customer, kinds, said, segments, amount, delivered_at) on message to hub_app;
grant update (said, segments, amount, receipt, delivered_at, withdrawn_at) on message to hub_courier;
grant insert on message to hub_courier;

drop table alert;

alter table contact_point
  drop constraint contact_point_one_owner,
  add column dispatcher uuid,
  add column name text not null default '',
  add column quiet_from smallint,
  add column quiet_to smallint,
  add column time_zone text not null default 'UTC',
  add column created_at timestamptz not null default now(),
  add column code_hash bytea,
  add column code_expires_at timestamptz,
  add column guesses smallint not null default 0,
  add column stop_token uuid not null default gen_random_uuid() constraint contact_point_stop_token_unique unique,
  add constraint contact_point_one_owner check (num_nonnulls(portal_user, worker, dispatcher) = 1),
  add constraint contact_point_quiet check (num_nonnulls(quiet_from, quiet_to) in (0, 2) and quiet_from <> quiet_to);
create unique index contact_point_address on contact_point (tenant, coalesce(portal_user, worker, dispatcher), kind, address);
create index contact_point_of_number on contact_point (address) where kind = 2;
comment on column contact_point.quiet_from is 'Nothing is sent from this minute of the day in time_zone to quiet_to.';
comment on column contact_point.stop_token is 'In each e-mail''s unsubscribe link. It stops and resumes alerts to this address, and does nothing else.';
revoke select on contact_point from hub_app;
grant select (tenant, id, portal_user, worker, dispatcher, kind, address, name, verified_at, stopped_at, quiet_from, quiet_to, time_zone, created_at, code_expires_at)
  on contact_point to hub_app;

-- kinds is a mask of domain::alert::Alert. A subject is what is watched: one customer's jobs, one job, everything a portal user may see,
-- a worker's own jobs, or (dispatchers) the whole company.
alter table alert_subscription
  drop column subject,
  drop constraint alert_subscription_one_subject,
  add column portal_user uuid,
  add column dispatcher uuid,
  add constraint alert_subscription_one_subject check (num_nonnulls(customer, job, worker, portal_user, dispatcher) = 1);
alter table alert_subscription
  add column subject uuid not null generated always as (coalesce(job, customer, worker, portal_user, tenant)) stored;
create index alert_subscription_subject on alert_subscription (tenant, subject);
create unique index alert_subscription_once on alert_subscription (tenant, contact_point, subject);
comment on column alert_subscription.kinds is 'A mask of alerts, see domain::alert::Alert.';

create table sms_month (
  tenant uuid not null,
  month date not null,
  segments integer not null default 0,
  amount numeric(14, 4) not null default 0,
  warned_at timestamptz,
  constraint sms_month_pk primary key (tenant, month));
comment on table sms_month is 'What a tenant''s text messages cost in a calendar month of its own time zone: the sum of its charges. Its row is the lock under which they are made.';
select protect_tenant_table('sms_month');
select open_to_courier('sms_month');
grant insert, update on sms_month to hub_courier;

create table sms_charge (
  tenant uuid not null,
  message uuid not null,
  month date not null,
  at timestamptz not null default now(),
  customer uuid,
  job uuid,
  address text not null,
  segments smallint not null,
  price numeric(10, 4) not null,
  amount numeric(14, 4) not null,
  constraint sms_charge_pk primary key (tenant, message));
create index sms_charge_month on sms_charge (tenant, month, customer);
comment on table sms_charge is 'One text message on the account: reserved before it is handed to the gateway, taken back if that refuses it.';
select protect_tenant_table('sms_charge');
select open_to_courier('sms_charge');
grant insert, update, delete on sms_charge to hub_courier;

alter table webhook
  add column name text not null default '',
  add column created_at timestamptz not null default now(),
  add column disabled_at timestamptz,
  add column disabled_why text,
  add column old_secret text,
  add column old_secret_until timestamptz;
comment on column webhook.old_secret is 'The secret before the last rotation: calls are signed with both until old_secret_until.';
grant update (disabled_at, disabled_why) on webhook to hub_courier;

-- seq 0 is a test call: no event has it.
alter table delivery
  add column created_at timestamptz not null default now(),
  add column status smallint,
  add column error text,
  add column sent_at timestamptz,
  add column dead_at timestamptz,
  add constraint delivery_webhook_fk foreign key (tenant, webhook) references webhook (tenant, id) on delete cascade;
create index delivery_webhook on delivery (tenant, webhook, seq desc);
grant delete on delivery to hub_writer;
comment on column delivery.status is 'The receiver''s last HTTP status; null: it could not be reached.';

drop function commit_batch;

-- e_alerts: a mask of domain::alert::Alert that the event tells; e_phone: the worker on whose phone the job was just before.
-- Everything else as in 0004.
create function commit_batch(
  c_tenant uuid[], c_cmd uuid[], c_hash bigint[], c_job uuid[], c_ver bigint[], c_n smallint[], c_status smallint[], c_customer uuid[],
  c_doc text[], c_delete boolean[], e_idx int[], e_ord smallint[], e_kind smallint[], e_data text[], e_delay_s smallint[],
  e_alerts bigint[], e_phone uuid[])
returns table (idx int, outcome smallint, seq bigint, version bigint, number bigint)
language plpgsql volatile as $f$
#variable_conflict use_column
declare
  got uuid[];
begin
  -- One lock per tenant, always in the same order; everything below needs no lock of its own.
  -- An empty array_agg is null, and "= any (null)" is neither true nor false: hence coalesce.
  select coalesce(array_agg(x.tenant), '{}') into got
    from (select t.tenant from tenant_seq t where t.tenant = any (c_tenant) order by t.tenant for no key update) x;

  -- A new statement has a new snapshot: it sees all that the previous holder of the lock committed.
  return query
  with c as materialized (
    select c.tenant, c.cmd, c.hash, c.job, c.ver, c.n, c.status, c.customer, c.doc, c.del, c.idx::int as idx
      from unnest(c_tenant, c_cmd, c_hash, c_job, c_ver, c_n, c_status, c_customer, c_doc, c_delete)
        with ordinality c(tenant, cmd, hash, job, ver, n, status, customer, doc, del, idx)),
  d as materialized (
    select c.*, k.hash as k_hash, k.seq as k_seq, k.version as k_version, j.version as j_version, j.number as j_number,
        row_number() over (partition by c.tenant, c.cmd order by c.idx) = 1
          and row_number() over (partition by c.tenant, c.job order by c.idx) = 1
          and c.tenant = any (got) as mine
      from c
      left join command k on k.tenant = c.tenant and k.id = c.cmd
      left join job j on j.tenant = c.tenant and j.id = c.job),
  ok as materialized (
    select d.tenant, d.cmd, d.hash, d.job, d.ver, d.n, d.status, d.customer, d.doc::jsonb as doc, d.del, d.idx,
        sum(d.n) over w - d.n as off, count(*) filter (where d.ver = 0) over w as noff
      from d
      where d.mine and d.k_hash is null and ((d.ver = 0 and d.j_version is null) or (d.ver > 0 and d.j_version = d.ver))
      window w as (partition by d.tenant order by d.idx)),
  s as (
    update tenant_seq t set seq = t.seq + x.n, number = t.number + x.m
      from (select ok.tenant, sum(ok.n) as n, count(*) filter (where ok.ver = 0) as m from ok group by 1) x
      where t.tenant = x.tenant
      returning t.tenant, t.seq - x.n as base, t.number - x.m as nbase),
  u as (
    update job j set version = j.version + ok.n, status = ok.status, customer = ok.customer, doc = ok.doc, updated_at = now()
      from ok
      where ok.ver > 0 and not ok.del and j.tenant = ok.tenant and j.id = ok.job and j.version = ok.ver),
  i as (
    insert into job (tenant, id, version, number, status, customer, doc)
      select ok.tenant, ok.job, ok.n, s.nbase + ok.noff, ok.status, ok.customer, ok.doc
        from ok join s on s.tenant = ok.tenant where ok.ver = 0),
  x as (
    delete from job j using ok where ok.ver > 0 and ok.del and j.tenant = ok.tenant and j.id = ok.job and j.version = ok.ver),
  -- Sees only the events of before, so the deletion's own event keeps its data.
  forget as (
    update event e set data = '{}' from ok where ok.del and e.tenant = ok.tenant and e.job = ok.job),
  k as (
    insert into command (tenant, id, hash, job, seq, version)
      select ok.tenant, ok.cmd, ok.hash, ok.job, s.base + ok.off + ok.n, ok.ver + ok.n from ok join s on s.tenant = ok.tenant),
  ev as materialized (
    select ok.tenant, s.base + ok.off + e.ord as seq, ok.job, ok.ver + e.ord as version, e.kind, ok.cmd, e.data, e.delay_s,
        e.alerts, ok.customer, (ok.doc #>> '{list,worker}')::uuid as worker, e.phone
      from unnest(e_idx, e_ord, e_kind, e_data, e_delay_s, e_alerts, e_phone) e(idx, ord, kind, data, delay_s, alerts, phone)
      join ok on ok.idx = e.idx
      join s on s.tenant = ok.tenant),
  e as (
    insert into event (tenant, seq, job, version, kind, cmd, data)
      select ev.tenant, ev.seq, ev.job, ev.version, ev.kind, ev.cmd, ev.data::jsonb from ev),
  a as (
    insert into message (tenant, id, channel, address, name, contact_point, seq, job, customer, kinds, subject, expires_at, due_at)
      select ev.tenant, gen_random_uuid(), p.kind, p.address, p.name, p.id, ev.seq, ev.job, ev.customer, ev.alerts & bit_or(b.kinds), p.id,
          now() + interval '1 day', now() + ev.delay_s * interval '1 second'
        from ev
        cross join lateral (
          select s.contact_point, s.kinds from alert_subscription s
            where s.tenant = ev.tenant and s.subject = any (array[ev.tenant, ev.customer, ev.job, ev.worker, ev.phone])
          union all
          select s.contact_point, s.kinds from portal_link l join alert_subscription s on s.tenant = l.tenant and s.subject = l.portal_user
            where l.tenant = ev.tenant and l.customer = ev.customer) b
        join contact_point p on p.tenant = ev.tenant and p.id = b.contact_point and p.verified_at is not null and p.stopped_at is null
        where ev.alerts <> 0 and b.kinds & ev.alerts <> 0
        group by ev.tenant, ev.seq, ev.job, ev.customer, ev.alerts, ev.delay_s, p.tenant, p.id),
  h as (
    insert into delivery (tenant, seq, webhook)
      select ev.tenant, ev.seq, b.id from ev
        join webhook b on b.tenant = ev.tenant and b.kinds & (1::bigint << ev.kind) <> 0 and b.disabled_at is null)
  select d.idx,
      (case
        when not d.tenant = any (got) then 4
        when not d.mine and d.k_hash is null then 5
        when d.k_hash = d.hash then 2
        when d.k_hash is not null then 3
        when ok.idx is not null then 1
        else 4 end)::smallint,
      case when ok.idx is not null then (s.base + ok.off + ok.n)::bigint else coalesce(d.k_seq, 0) end,
      case when ok.idx is not null then ok.ver + ok.n else coalesce(d.k_version, d.j_version, 0) end,
      case when ok.ver = 0 then s.nbase + ok.noff else coalesce(d.j_number, 0) end
    from d
    left join ok on ok.idx = d.idx
    left join s on s.tenant = ok.tenant
    order by d.idx;
end $f$;
comment on function commit_batch is 'Commits commands in groups: seq gapless per tenant, each command id once, alerts and webhook calls in the same transaction.';
revoke execute on function commit_batch from public;
grant execute on function commit_batch to hub_writer;

create table api_token (
  tenant uuid not null,
  id uuid not null,
  name text not null,
  token_hash bytea not null constraint api_token_hash_unique unique,
  scopes integer not null,
  created_by text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  used_at timestamptz,
  revoked_at timestamptz,
  constraint api_token_pk primary key (tenant, id));
comment on table api_token is 'A secret with which a program acts for the company, within its scopes (a mask of domain::scope::Scope). Only its hash is kept.';
select protect_tenant_table('api_token');
revoke select on api_token from hub_app;
grant select (tenant, id, name, scopes, created_by, created_at, expires_at, used_at, revoked_at) on api_token to hub_app;
