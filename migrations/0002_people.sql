-- Tenants and the people in them.

create table tenant (
  id uuid constraint tenant_pk primary key,
  slug text not null constraint tenant_slug_unique unique constraint tenant_slug_form check (slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
  name text not null,
  time_zone text not null,
  settings jsonb not null default '{}',
  created_at timestamptz not null default now());
comment on table tenant is 'A company that provides the service; nothing of one tenant is ever visible in another.';
select protect_tenant_table('tenant', 'id');
select open_to_courier('tenant');

create table tenant_seq (
  tenant uuid constraint tenant_seq_pk primary key,
  seq bigint not null default 0,
  number bigint not null default 0)
  with (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500, vacuum_truncate = off);
comment on table tenant_seq is 'The last seq and the last job number of a tenant. Its row is the one lock of every commit, so it is narrow and nothing refers to it.';
select protect_tenant_table('tenant_seq');

create table login (
  id uuid constraint login_pk primary key,
  email text not null constraint login_email_unique unique constraint login_email_lower check (email = lower(email)),
  password_hash text,
  created_at timestamptz not null default now());
comment on table login is 'One log-in per e-mail address on the hub, outside all tenants; no password until an invitation is used.';
grant select, insert, update on login to hub_writer;

create table customer (
  tenant uuid not null,
  id uuid not null,
  name text not null,
  email text,
  phone text,
  address text,
  permissions jsonb not null default '{}',
  archived_at timestamptz,
  constraint customer_pk primary key (tenant, id));
create index customer_name on customer (tenant, name);
comment on table customer is 'The person or organisation that jobs are done for, with the permissions that differ from the tenant''s.';
select protect_tenant_table('customer');
select open_to_courier('customer');

create table dispatcher (
  tenant uuid not null,
  id uuid not null,
  login uuid not null constraint dispatcher_login_fk references login,
  name text not null,
  admin boolean not null default false,
  archived_at timestamptz,
  constraint dispatcher_pk primary key (tenant, id),
  constraint dispatcher_login_unique unique (login, tenant));
comment on table dispatcher is 'Membership: who schedules for a tenant.';
select protect_tenant_table('dispatcher');

create table worker (
  tenant uuid not null,
  id uuid not null,
  login uuid not null constraint worker_login_fk references login,
  name text not null,
  phone text,
  hours jsonb,
  on_duty boolean not null default false,
  duty_changed_at timestamptz,
  archived_at timestamptz,
  constraint worker_pk primary key (tenant, id),
  constraint worker_login_unique unique (login, tenant));
comment on table worker is 'Membership: who does jobs in the field, and whether they are on duty.';
select protect_tenant_table('worker');
select open_to_courier('worker');

create table portal_user (
  tenant uuid not null,
  id uuid not null,
  login uuid not null constraint portal_user_login_fk references login,
  name text not null,
  phone text,
  archived_at timestamptz,
  constraint portal_user_pk primary key (tenant, id),
  constraint portal_user_login_unique unique (login, tenant));
comment on table portal_user is 'Membership: who uses a tenant''s portal.';
select protect_tenant_table('portal_user');
select open_to_courier('portal_user');

create table portal_link (
  tenant uuid not null,
  portal_user uuid not null,
  customer uuid not null,
  permissions jsonb not null default '{}',
  constraint portal_link_pk primary key (tenant, portal_user, customer),
  constraint portal_link_portal_user_fk foreign key (tenant, portal_user) references portal_user (tenant, id),
  constraint portal_link_customer_fk foreign key (tenant, customer) references customer (tenant, id));
create index portal_link_customer on portal_link (tenant, customer);
comment on table portal_link is 'Which customers a portal user acts for, with the permissions that differ from the customer''s.';
select protect_tenant_table('portal_link');
select open_to_courier('portal_link');
grant delete on portal_link to hub_writer;

create table login_session (
  token_hash bytea constraint login_session_pk primary key,
  login uuid not null constraint login_session_login_fk references login,
  tenant uuid not null,
  kind smallint not null,
  person uuid not null,
  created_at timestamptz not null default now(),
  seen_at timestamptz not null default now(),
  expires_at timestamptz not null);
create index login_session_login on login_session (login);
create index login_session_expires on login_session (expires_at);
comment on table login_session is 'A log-in on one device, for one membership. Only the token''s hash is kept; kind: 1 dispatcher, 2 worker, 3 portal user.';
select protect_tenant_table('login_session');
revoke select on login_session from hub_app;
grant delete on login_session to hub_writer;

create table template (
  tenant uuid not null,
  id uuid not null,
  name text not null,
  position integer not null default 0,
  doc jsonb not null,
  archived_at timestamptz,
  constraint template_pk primary key (tenant, id));
comment on table template is 'A job type. Jobs copy what they need of it, so a later change never rewrites a job.';
select protect_tenant_table('template');
select open_to_courier('template');

create table asset (
  tenant uuid not null,
  id uuid not null,
  customer uuid not null,
  doc jsonb not null,
  archived_at timestamptz,
  constraint asset_pk primary key (tenant, id),
  constraint asset_customer_fk foreign key (tenant, customer) references customer (tenant, id));
create index asset_customer on asset (tenant, customer);
comment on table asset is 'A customer''s equipment or place.';
select protect_tenant_table('asset');
