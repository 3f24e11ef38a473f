-- Pictures: what came in piece by piece, and what was made of it.

create table file (
  tenant uuid not null,
  id uuid not null,
  uploader uuid not null,
  name text not null,
  kind text not null,
  bytes integer not null,
  received integer not null default 0,
  ready_at timestamptz,
  created_at timestamptz not null default now(),
  constraint file_pk primary key (tenant, id),
  constraint file_received_within check (received between 0 and bytes));
create index file_uploader on file (tenant, uploader, created_at);
create index file_created on file (created_at);
comment on table file is 'A picture that somebody uploads or uploaded. Until ready_at only its uploader knows of it; bytes is the length that was announced.';
select protect_tenant_table('file');
grant delete on file to hub_writer;

create table file_piece (
  tenant uuid not null,
  file uuid not null,
  starts integer not null,
  content bytea not null,
  constraint file_piece_pk primary key (tenant, file, starts),
  constraint file_piece_file_fk foreign key (tenant, file) references file (tenant, id) on delete cascade);
-- Pictures are compressed already.
alter table file_piece alter column content set storage external;
comment on table file_piece is 'What has come in of a file that is not complete; gone once it is.';
select protect_tenant_table('file_piece');
revoke select on file_piece from hub_app;
grant delete on file_piece to hub_writer;

create table file_picture (
  tenant uuid not null,
  file uuid not null,
  thumb boolean not null,
  kind text not null,
  width integer not null,
  height integer not null,
  content bytea not null,
  constraint file_picture_pk primary key (tenant, file, thumb),
  constraint file_picture_file_fk foreign key (tenant, file) references file (tenant, id) on delete cascade);
alter table file_picture alter column content set storage external;
comment on table file_picture is 'A file as it is shown: decoded and encoded anew, whole and as a thumbnail. Nothing that was uploaded is ever served as it came.';
select protect_tenant_table('file_picture');
grant delete on file_picture to hub_writer;

-- Which jobs show a file. A column of its own, so that changes of a job that leave its files alone touch no index.
alter table job add column files jsonb generated always as (nullif(doc #> '{list,files}', '[]'::jsonb)) stored;
create index job_files on job using gin (files) where files is not null;

-- Which jobs were done at an asset.
alter table job add column asset uuid generated always as ((doc #>> '{job,asset,id}')::uuid) stored;
create index job_asset on job (tenant, asset, number) where asset is not null;

create index asset_photo on asset ((doc ->> 'photo')) where doc ->> 'photo' is not null;
create index tenant_logo on tenant ((settings #>> '{portal,logo}')) where settings #>> '{portal,logo}' is not null;

-- When a customer would be busy with an open job: the plan, or else the wish. Capacity is counted over it.
alter table job
  add column busy_from_ms bigint generated always as ((doc #>> '{list,busy_from_ms}')::bigint) stored,
  add column busy_to_ms bigint generated always as ((doc #>> '{list,busy_to_ms}')::bigint) stored;
create index job_busy on job (tenant, busy_to_ms) include (busy_from_ms) where status < 6 and busy_to_ms is not null;

-- A document with "booking" asks for a time that must still be free. This runs inside commit_batch(), under the lock of
-- the tenant's row, so that nobody else can take the time between the count and the commit; copies of one batch see each other.
create function take_bookable_time() returns trigger
language plpgsql set search_path = public as $f$
declare
  taken bigint;
begin
  select count(*) into taken from job j
    where j.tenant = new.tenant and j.id <> new.id and j.status < 6 and j.busy_to_ms is not null
      and j.busy_to_ms > (new.doc #>> '{booking,from_ms}')::bigint
      and j.busy_from_ms < (new.doc #>> '{booking,to_ms}')::bigint;
  if taken >= (new.doc #>> '{booking,workers}')::bigint then
    raise exception 'the time is taken' using errcode = 'check_violation', constraint = 'job_time_available', table = 'job';
  end if;
  new.doc := new.doc - 'booking';
  return new;
end $f$;
comment on function take_bookable_time is 'Refuses a job whose requested time has no worker left; the request''s booking leaves the document.';
revoke execute on function take_bookable_time from public;
create trigger job_time_available before insert or update on job
  for each row when (new.doc ? 'booking') execute function take_bookable_time();
