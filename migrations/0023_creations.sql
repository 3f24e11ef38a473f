-- Creations that are not jobs, by the key of their request: jobs have theirs in command.

create table creation (
  tenant uuid not null,
  id uuid not null,
  hash bigint not null,
  made uuid not null,
  at timestamptz not null default now(),
  constraint creation_pk primary key (tenant, id));
create index creation_at on creation using brin (at);
comment on table creation is 'What a request with an idempotency key made, kept 30 days: the same request again is told of the same thing.';
comment on column creation.hash is 'Of the request''s path and body.';
select protect_tenant_table('creation');
grant delete on creation to hub_writer;
