-- Invoices: a gapless row of numbers per tenant, given in the very transaction that completes a job.

alter table customer add column tax_number text;
comment on column customer.tax_number is 'VAT or other tax number, for invoices.';

create table invoice (
  tenant uuid not null,
  number bigint not null,
  job uuid not null,
  issued_at timestamptz not null,
  doc jsonb not null,
  constraint invoice_pk primary key (tenant, number));
create index invoice_job on invoice (tenant, job);
comment on table invoice is 'Every invoice that was issued, as last issued. Stays when its job is deleted, so that the numbers have no hole.';
select protect_tenant_table('invoice');

-- Runs inside commit_batch(), which holds the tenant's lock: nobody else counts meanwhile, and what does not commit takes no number.
create function issue_invoice() returns trigger
language plpgsql as $f$
declare
  given bigint := (new.doc #>> '{job,invoice,number}')::bigint;
begin
  if given is null then
    select coalesce(max(i.number), 0) + 1 into given from invoice i where i.tenant = new.tenant;
    new.doc := jsonb_set(new.doc, '{job,invoice,number}', to_jsonb(given));
  end if;
  insert into invoice (tenant, number, job, issued_at, doc)
    values (new.tenant, given, new.id, to_timestamp((new.doc #>> '{job,invoice,issued_at}')::bigint / 1000.0),
      jsonb_build_object('invoice', new.doc #> '{job,invoice}', 'customer', new.doc #> '{job,customer}', 'job_number', new.number))
    on conflict on constraint invoice_pk do update set issued_at = excluded.issued_at, doc = excluded.doc;
  return new;
end $f$;
comment on function issue_invoice is 'Gives a completed job''s invoice the tenant''s next number, unless it has one, and keeps what was issued.';
revoke execute on function issue_invoice from public;

-- Status 6 is completed.
create trigger job_issues_invoice before update on job for each row
  when (new.status = 6 and new.doc #>> '{job,invoice,issued_at}' is not null
    and new.doc #> '{job,invoice}' is distinct from old.doc #> '{job,invoice}')
  execute function issue_invoice();
