-- Lists of jobs: any filter, search or order of 100,000 jobs of one tenant in a few milliseconds.

-- Both come with Postgres' contrib package, and a database's owner may create them.
create extension if not exists pg_trgm;
create extension if not exists btree_gin;

-- What lists sort by must be a column: taking a name out of doc would unpack each of 100,000 documents.
-- Names go by code points, as the hub itself compares them.
-- quiet_date_ms is the date column of who may not see a job's live status, and so not its actual start either.
alter table job
  add column customer_name text collate "C" generated always as (doc #>> '{job,customer,name}') stored,
  add column template_name text collate "C" generated always as (doc #>> '{job,template,name}') stored,
  add column quiet_date_ms bigint generated always as ((doc #>> '{list,quiet_date_ms}')::bigint) stored;

-- Rows stay narrow, so that reading many of them for a list is cheap: a document of any size lies beside its row.
alter table job set (toast_tuple_target = 128);

-- From here on "search" holds words: lower case, one blank before each. Jobs written before say so as well.
update job set doc = jsonb_set(jsonb_set(jsonb_set(doc,
  '{list,search}', to_jsonb(' ' || lower(regexp_replace(coalesce(doc #>> '{list,search}', ''), '[\s,.;:/()-]+', ' ', 'g')))),
  '{list,portal_search}', to_jsonb(' ' || lower(regexp_replace(coalesce(doc #>> '{list,portal_search}', ''), '[\s,.;:/()-]+', ' ', 'g')))),
  '{list,quiet_date_ms}', coalesce(case when status > 2 then doc #> '{list,start_ms}' end, doc #> '{job,requested_start}', 'null'));

create index job_customer_name on job (tenant, customer_name, number);
create index job_template_name on job (tenant, template_name, number);
create index job_template on job (tenant, template, number);
create index job_worker on job (tenant, worker, number);
create index job_customer_number on job (tenant, customer, number);
create index job_portal_status on job (tenant, portal_status, number);
-- A row without a date comes last. Said by `case`: of `coalesce` Postgres does not know that it leaks nothing, and below row level
-- security uses no range of it as a condition of an index.
drop index job_date, job_customer;
create index job_date on job (tenant, (case when date_ms is null then 9223372036854775807 else date_ms end), number);
create index job_portal_date on job (tenant, (case when portal_date_ms is null then 9223372036854775807 else portal_date_ms end), number);
create index job_customer on job (tenant, customer, (case when portal_date_ms is null then 9223372036854775807 else portal_date_ms end), number);

-- A status changes often and a text seldom, and an index of trigrams is dear to change: so the texts have a table of their own.
create table job_text (
  tenant uuid not null,
  number bigint not null,
  customer uuid not null,
  search text not null,
  portal_search text not null,
  constraint job_text_pk primary key (tenant, number));
comment on table job_text is 'What jobs are searched by, for staff and for portal users; kept by a trigger of job.';
select protect_tenant_table('job_text');
grant delete on job_text to hub_writer;
-- New texts wait in a short list instead of costing every commit a hundred entries.
create index job_text_search on job_text using gin (tenant, search gin_trgm_ops) with (gin_pending_list_limit = 256);
-- A customer with few jobs is searched job by job.
create index job_text_customer on job_text (tenant, customer);
create index job_text_portal_search on job_text using gin (tenant, portal_search gin_trgm_ops) with (gin_pending_list_limit = 256);

create function keep_job_text() returns trigger
language plpgsql as $f$
begin
  if tg_op = 'DELETE' then
    delete from job_text where tenant = old.tenant and number = old.number;
  else
    insert into job_text (tenant, number, customer, search, portal_search)
      values (new.tenant, new.number, new.customer, coalesce(new.search, ''), coalesce(new.portal_search, ''))
      on conflict on constraint job_text_pk do update
        set customer = excluded.customer, search = excluded.search, portal_search = excluded.portal_search;
  end if;
  return null;
end $f$;
comment on function keep_job_text is 'Keeps job_text as its job says.';
create trigger job_text_made after insert or delete on job for each row execute function keep_job_text();
create trigger job_text_changed after update on job for each row
  when ((old.customer, old.search, old.portal_search) is distinct from (new.customer, new.search, new.portal_search))
  execute function keep_job_text();

insert into job_text (tenant, number, customer, search, portal_search)
  select tenant, number, customer, coalesce(search, ''), coalesce(portal_search, '') from job;

-- Runs as the owner, because row level security keeps `like` away from every index: a planner may not ask an operator that could
-- leak about rows that the reader must not see. So it keeps to the tenant itself, and tells numbers only.
create function job_numbers_like(pattern text, others text[], of_portal boolean, customers uuid[], most integer) returns setof bigint
language plpgsql stable security definer set search_path = public as $f$
begin
  -- Planned for these very words: a rare word wants the index of trigrams, a common one does not.
  return query execute format(
    'select t.number from job_text t
      where t.tenant = nullif(current_setting(''app.tenant'', true), '''')::uuid
        and t.%1$I like $1 and t.%1$I like all ($2) and %2$s limit $4',
    case when of_portal then 'portal_search' else 'search' end,
    case when customers is null then '$3 is null' else 't.customer = any ($3)' end)
    using pattern, others, customers, most;
end $f$;
comment on function job_numbers_like is 'Numbers of the jobs of the tenant in app.tenant whose text is like the pattern and all others; at most so many, in no order.';
revoke execute on function job_numbers_like from public;
grant execute on function job_numbers_like to hub_app;
