-- Where workers were. By the phone's own time, so that a repeat is refused exactly; what has no day of its own
-- (late by weeks) falls into fix_other_days.

create table fix (
  tenant uuid not null,
  worker uuid not null,
  device text not null,
  at timestamptz not null,
  received_at timestamptz not null,
  latitude double precision not null,
  longitude double precision not null,
  accuracy_m real,
  speed_mps real,
  heading_deg real,
  battery real,
  constraint fix_pk primary key (worker, device, at))
  partition by range (at);
comment on table fix is 'Every plausible measured position, once per worker, device and time of the fix; one partition per day (UTC).';
select protect_tenant_table('fix');

create table fix_other_days partition of fix default;
comment on table fix_other_days is 'Fixes of days without a partition. Reached through fix only.';
alter table fix_other_days enable row level security;
alter table fix_other_days force row level security;
create policy owner on fix_other_days to current_user using (true) with check (true);

create table fix_aside (
  tenant uuid not null,
  worker uuid not null,
  device text not null,
  at timestamptz not null,
  received_at timestamptz not null,
  latitude double precision not null,
  longitude double precision not null,
  accuracy_m real,
  speed_mps real,
  heading_deg real,
  battery real,
  constraint fix_aside_pk primary key (worker, device, at));
comment on table fix_aside is 'Fixes of an impossible time (1901, the far future): acknowledged and kept for support, never shown.';
select protect_tenant_table('fix_aside');

create table worker_position (
  worker uuid constraint worker_position_pk primary key,
  tenant uuid not null,
  shown_at timestamptz not null,
  at timestamptz not null,
  device text not null,
  latitude double precision not null,
  longitude double precision not null,
  accuracy_m real,
  speed_mps real,
  heading_deg real,
  battery real)
  with (fillfactor = 60);
create index worker_position_tenant on worker_position (tenant);
comment on table worker_position is 'The position shown now, one row per worker; shown_at never goes back.';
select protect_tenant_table('worker_position');

-- Makes the partition of a day, and takes over what came too early for it. Runs as the owner, for whoever may call it.
create function make_fix_day(day date) returns boolean
language plpgsql security definer set search_path = public as $f$
declare
  partition_name text := 'fix_' || to_char(day, 'YYYYMMDD');
  starts timestamptz := day::timestamp at time zone 'UTC';
  ends timestamptz := (day + 1)::timestamp at time zone 'UTC';
begin
  -- Several hubs may do this at once.
  perform pg_advisory_xact_lock(hashtext('make_fix_day'));
  if to_regclass(partition_name) is not null then
    return false;
  end if;
  execute format('create table %I (like fix including defaults including constraints including indexes)', partition_name);
  execute format('with early as (delete from fix_other_days where at >= %L and at < %L returning *) insert into %I select * from early',
    starts, ends, partition_name);
  execute format('alter table %I enable row level security', partition_name);
  execute format('alter table %I force row level security', partition_name);
  execute format('create policy owner on %I to %I using (true) with check (true)', partition_name, current_user);
  execute format('alter table fix attach partition %I for values from (%L) to (%L)', partition_name, starts, ends);
  return true;
end $f$;
comment on function make_fix_day is 'Makes the fix partition of a day unless it is there.';

create function make_fix_days(first date, last date) returns integer
language sql security definer set search_path = public as $f$
  select count(*)::integer from generate_series(first, last, interval '1 day') d(day) where make_fix_day(d.day::date)
$f$;
comment on function make_fix_days is 'Makes the fix partitions of a range of days; says how many were new.';

create function drop_fix_days_before(day date) returns integer
language plpgsql security definer set search_path = public as $f$
declare
  old name;
  dropped integer := 0;
begin
  for old in
    select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
      where i.inhparent = 'fix'::regclass and c.relname ~ '^fix_\d{8}$' and to_date(substr(c.relname, 5), 'YYYYMMDD') < day
  loop
    execute format('drop table %I', old);
    dropped := dropped + 1;
  end loop;
  delete from fix_other_days where at < day::timestamp at time zone 'UTC';
  delete from fix_aside where received_at < day::timestamp at time zone 'UTC';
  return dropped;
end $f$;
comment on function drop_fix_days_before is 'Forgets the fixes of days before one; says how many partitions went.';

revoke execute on function make_fix_day, make_fix_days, drop_fix_days_before from public;
grant execute on function make_fix_days, drop_fix_days_before to hub_writer;
