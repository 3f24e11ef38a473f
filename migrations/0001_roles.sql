-- Who may touch what. Every later table with a tenant column is handed to protect_tenant_table().

do $$
declare
  role_name text;
begin
  foreach role_name in array array['hub_app', 'hub_writer', 'hub_courier'] loop
    if not exists (select from pg_roles where rolname = role_name) then
      execute format('create role %I login', role_name);
    end if;
    -- A hub that logs in as the owner takes these roles on; see store::database.
    execute format('grant %I to current_user', role_name);
  end loop;
end $$;

grant usage on schema public to hub_app, hub_writer, hub_courier;

-- Row level security is forced, so that even the owner obeys it; hence the owner's own policy, without which
-- migrations and backups would silently see nothing. Reads run as hub_app and see one tenant, named in
-- app.tenant; batched writes mix tenants and run as hub_writer, whose statements carry the tenant in every key.
create function protect_tenant_table(guarded regclass, tenant_column name default 'tenant') returns void
language plpgsql as $$
begin
  execute format('alter table %s enable row level security', guarded);
  execute format('alter table %s force row level security', guarded);
  execute format('create policy owner on %s to %I using (true) with check (true)', guarded, current_user);
  execute format('create policy app on %s for select to hub_app using (%I = nullif(current_setting(''app.tenant'', true), '''')::uuid)',
    guarded, tenant_column);
  execute format('create policy writer on %s to hub_writer using (true) with check (true)', guarded);
  execute format('grant select on %s to hub_app', guarded);
  execute format('grant select, insert, update on %s to hub_writer', guarded);
end $$;
revoke execute on function protect_tenant_table from public;
comment on function protect_tenant_table is 'Forces row level security on a table and gives the roles of the hub their policies and grants.';

-- Gives the courier, who works across tenants, a table to read.
create function open_to_courier(guarded regclass) returns void
language plpgsql as $$
begin
  execute format('create policy courier on %s to hub_courier using (true) with check (true)', guarded);
  execute format('grant select on %s to hub_courier', guarded);
end $$;
revoke execute on function open_to_courier from public;
comment on function open_to_courier is 'Lets the courier read a protected table of all tenants.';

create table hub (
  only_row boolean constraint hub_pk primary key default true constraint hub_only_row check (only_row),
  epoch uuid not null default gen_random_uuid());
comment on table hub is 'The log''s epoch: a restore moves seq back, so it also changes the epoch and clients forget their place.';
insert into hub default values;
grant select on hub to hub_app, hub_writer;
