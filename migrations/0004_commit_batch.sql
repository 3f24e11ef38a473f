-- The one way in which a job changes: many commands of many tenants in one call, one autocommit transaction.
--
-- c_*: one element per command. ver = 0 creates, c_n = how many events it makes, c_delete removes the job.
-- e_*: one element per event. e_idx = its command, from 1; e_ord = 1..c_n; e_delay_s = how long its alerts wait.
--
-- outcome  1 applied
--          2 replay: the same id and body came before; seq and version are those of the first time
--          3 the same id came before with another body
--          4 conflict; version is the job's, 0 = no such job or tenant
--          5 the second of its job or id in this batch: send it again in the next one
create function commit_batch(
  c_tenant uuid[], c_cmd uuid[], c_hash bigint[], c_job uuid[], c_ver bigint[], c_n smallint[], c_status smallint[], c_customer uuid[],
  c_doc text[], c_delete boolean[], e_idx int[], e_ord smallint[], e_kind smallint[], e_data text[], e_delay_s smallint[])
returns table (idx int, outcome smallint, seq bigint, version bigint, number bigint)
language plpgsql volatile as $f$
#variable_conflict use_column
declare
  got uuid[];
begin
  -- One lock per tenant, always in the same order; everything below needs no lock of its own.
  -- An empty array_agg is null, and "= any (null)" is neither true nor false: hence coalesce.
  select coalesce(array_agg(x.tenant), '{}') into got
    from (select t.tenant from tenant_seq t where t.tenant = any (c_tenant) order by t.tenant for no key update) x;

  -- A new statement has a new snapshot: it sees all that the previous holder of the lock committed.
  return query
  with c as materialized (
    select c.tenant, c.cmd, c.hash, c.job, c.ver, c.n, c.status, c.customer, c.doc, c.del, c.idx::int as idx
      from unnest(c_tenant, c_cmd, c_hash, c_job, c_ver, c_n, c_status, c_customer, c_doc, c_delete)
        with ordinality c(tenant, cmd, hash, job, ver, n, status, customer, doc, del, idx)),
  d as materialized (
    select c.*, k.hash as k_hash, k.seq as k_seq, k.version as k_version, j.version as j_version, j.number as j_number,
        row_number() over (partition by c.tenant, c.cmd order by c.idx) = 1
          and row_number() over (partition by c.tenant, c.job order by c.idx) = 1
          and c.tenant = any (got) as mine
      from c
      left join command k on k.tenant = c.tenant and k.id = c.cmd
      left join job j on j.tenant = c.tenant and j.id = c.job),
  ok as materialized (
    select d.tenant, d.cmd, d.hash, d.job, d.ver, d.n, d.status, d.customer, d.doc::jsonb as doc, d.del, d.idx,
        sum(d.n) over w - d.n as off, count(*) filter (where d.ver = 0) over w as noff
      from d
      where d.mine and d.k_hash is null and ((d.ver = 0 and d.j_version is null) or (d.ver > 0 and d.j_version = d.ver))
      window w as (partition by d.tenant order by d.idx)),
  s as (
    update tenant_seq t set seq = t.seq + x.n, number = t.number + x.m
      from (select ok.tenant, sum(ok.n) as n, count(*) filter (where ok.ver = 0) as m from ok group by 1) x
      where t.tenant = x.tenant
      returning t.tenant, t.seq - x.n as base, t.number - x.m as nbase),
  u as (
    update job j set version = j.version + ok.n, status = ok.status, customer = ok.customer, doc = ok.doc, updated_at = now()
      from ok
      where ok.ver > 0 and not ok.del and j.tenant = ok.tenant and j.id = ok.job and j.version = ok.ver),
  i as (
    insert into job (tenant, id, version, number, status, customer, doc)
      select ok.tenant, ok.job, ok.n, s.nbase + ok.noff, ok.status, ok.customer, ok.doc
        from ok join s on s.tenant = ok.tenant where ok.ver = 0),
  x as (
    delete from job j using ok where ok.ver > 0 and ok.del and j.tenant = ok.tenant and j.id = ok.job and j.version = ok.ver),
  -- Sees only the events of before, so the deletion's own event keeps its data.
  forget as (
    update event e set data = '{}' from ok where ok.del and e.tenant = ok.tenant and e.job = ok.job),
  k as (
    insert into command (tenant, id, hash, job, seq, version)
      select ok.tenant, ok.cmd, ok.hash, ok.job, s.base + ok.off + ok.n, ok.ver + ok.n from ok join s on s.tenant = ok.tenant),
  ev as materialized (
    select ok.tenant, s.base + ok.off + e.ord as seq, ok.job, ok.ver + e.ord as version, e.kind, ok.cmd, e.data, e.delay_s,
        ok.customer, (ok.doc #>> '{list,worker}')::uuid as worker
      from unnest(e_idx, e_ord, e_kind, e_data, e_delay_s) e(idx, ord, kind, data, delay_s)
      join ok on ok.idx = e.idx
      join s on s.tenant = ok.tenant),
  e as (
    insert into event (tenant, seq, job, version, kind, cmd, data)
      select ev.tenant, ev.seq, ev.job, ev.version, ev.kind, ev.cmd, ev.data::jsonb from ev),
  a as (
    insert into alert (tenant, seq, subscription, due_at)
      select ev.tenant, ev.seq, b.id, now() + ev.delay_s * interval '1 second'
        from ev
        join alert_subscription b on b.tenant = ev.tenant and b.subject = any (array[ev.customer, ev.job, ev.worker])
          and b.kinds & (1::bigint << ev.kind) <> 0),
  h as (
    insert into delivery (tenant, seq, webhook)
      select ev.tenant, ev.seq, b.id from ev
        join webhook b on b.tenant = ev.tenant and b.kinds & (1::bigint << ev.kind) <> 0)
  select d.idx,
      (case
        when not d.tenant = any (got) then 4
        when not d.mine and d.k_hash is null then 5
        when d.k_hash = d.hash then 2
        when d.k_hash is not null then 3
        when ok.idx is not null then 1
        else 4 end)::smallint,
      case when ok.idx is not null then (s.base + ok.off + ok.n)::bigint else coalesce(d.k_seq, 0) end,
      case when ok.idx is not null then ok.ver + ok.n else coalesce(d.k_version, d.j_version, 0) end,
      case when ok.ver = 0 then s.nbase + ok.noff else coalesce(d.j_number, 0) end
    from d
    left join ok on ok.idx = d.idx
    left join s on s.tenant = ok.tenant
    order by d.idx;
end $f$;
comment on function commit_batch is 'Commits commands in groups: seq gapless per tenant, each command id once, alerts and webhook calls in the same transaction.';
revoke execute on function commit_batch from public;
grant execute on function commit_batch to hub_writer;
