-- Stock phone trackers: one secret per worker, and what the hub made of what they sent.

create table tracker (
  tenant uuid not null,
  worker uuid not null,
  secret_hash bytea not null constraint tracker_secret_unique unique,
  created_at timestamptz not null default now(),
  constraint tracker_pk primary key (tenant, worker),
  constraint tracker_worker_fk foreign key (tenant, worker) references worker (tenant, id));
comment on table tracker is 'The address under which a worker''s stock trackers post; only the secret''s SHA-256 is kept, and a new one replaces it.';
select protect_tenant_table('tracker');
grant delete on tracker to hub_writer;

create table tracker_device (
  tenant uuid not null,
  worker uuid not null,
  device text not null,
  app text not null,
  last_seen_at timestamptz not null,
  stored bigint not null default 0,
  unusable jsonb not null default '{}',
  constraint tracker_device_pk primary key (tenant, worker, device));
comment on table tracker_device is 'When each device of a worker was last heard, how many positions of it were stored, and how much else by reason: so that an admin sees why nothing comes.';
select protect_tenant_table('tracker_device');
grant delete on tracker_device to hub_writer;
