-- What admins set takes effect on every node, and the web names that a company had before.

create table tenant_rights (
  tenant uuid constraint tenant_rights_pk primary key,
  version bigint not null default 0);
comment on table tenant_rights is 'Counts changes of a tenant''s settings and of what its portal users may do: nodes look at it and settle their open sockets.';
select protect_tenant_table('tenant_rights');

create function count_rights(changed uuid) returns void
language sql as $$
  insert into tenant_rights (tenant, version) values (changed, 1)
  on conflict (tenant) do update set version = tenant_rights.version + 1;
$$;
comment on function count_rights is 'Says that a tenant''s settings or the rights of its portal users changed, whoever changed them.';

create function count_rights_of_row() returns trigger
language plpgsql as $$
begin
  perform count_rights(coalesce(new.tenant, old.tenant));
  return null;
end $$;
comment on function count_rights_of_row is 'As count_rights, for tables whose rows name their tenant.';

create function count_rights_of_tenant() returns trigger
language plpgsql as $$
begin
  perform count_rights(new.id);
  return null;
end $$;
comment on function count_rights_of_tenant is 'As count_rights, for the tenant itself.';

create trigger tenant_rights_count after update of slug, name, time_zone, settings on tenant
  for each row execute function count_rights_of_tenant();
create trigger customer_rights_count after update of name, permissions, archived_at on customer
  for each row execute function count_rights_of_row();
create trigger portal_link_rights_count after insert or update or delete on portal_link
  for each row execute function count_rights_of_row();

create table former_slug (
  tenant uuid not null,
  slug text not null constraint former_slug_slug_unique unique,
  until timestamptz not null,
  constraint former_slug_pk primary key (tenant, slug));
comment on table former_slug is 'Web names that a tenant had: for a year they lead to the one it has now, and nobody else can take them.';
select protect_tenant_table('former_slug');
grant delete on former_slug to hub_writer;
