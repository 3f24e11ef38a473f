-- A common word in jobs of one type that has it nowhere: the index of words knows the type, too, so that this is answered by the
-- index alone instead of by looking at every job of the type.

alter table job_text add column template uuid;
update job_text t set template = j.template from job j where j.tenant = t.tenant and j.number = t.number;

-- A job's type never changes: the trigger of changes need not look at it.
create or replace function keep_job_text() returns trigger
language plpgsql as $f$
begin
  if tg_op = 'DELETE' then
    delete from job_text where tenant = old.tenant and number = old.number;
  else
    insert into job_text (tenant, number, customer, template, search, portal_search)
      values (new.tenant, new.number, new.customer, new.template, coalesce(new.search, ''), coalesce(new.portal_search, ''))
      on conflict on constraint job_text_pk do update
        set customer = excluded.customer, template = excluded.template, search = excluded.search, portal_search = excluded.portal_search;
  end if;
  return null;
end $f$;

drop index job_text_search, job_text_portal_search;
create index job_text_search on job_text using gin (tenant, template, search gin_trgm_ops) with (gin_pending_list_limit = 256);
create index job_text_portal_search on job_text using gin (tenant, template, portal_search gin_trgm_ops) with (gin_pending_list_limit = 256);

drop function job_numbers_like(text, text[], boolean, uuid[], integer);
create function job_numbers_like(pattern text, others text[], of_portal boolean, customers uuid[], of_type uuid, most integer) returns setof bigint
language plpgsql stable security definer set search_path = public as $f$
begin
  -- Planned for these very words: a rare word wants the index of trigrams, a common one does not.
  return query execute format(
    'select t.number from job_text t
      where t.tenant = nullif(current_setting(''app.tenant'', true), '''')::uuid
        and t.%1$I like $1 and t.%1$I like all ($2) and %2$s and %3$s limit $5',
    case when of_portal then 'portal_search' else 'search' end,
    case when customers is null then '$3 is null' else 't.customer = any ($3)' end,
    case when of_type is null then '$4 is null' else 't.template = $4' end)
    using pattern, others, customers, of_type, most;
end $f$;
comment on function job_numbers_like is 'Numbers of the jobs of the tenant in app.tenant whose text is like the pattern and all others; at most so many, in no order.';
revoke execute on function job_numbers_like from public;
grant execute on function job_numbers_like to hub_app;
