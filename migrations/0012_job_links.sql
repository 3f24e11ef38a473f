-- One-job links: whoever holds one watches one job without a log-in.

create table job_link (
  tenant uuid not null,
  id uuid not null,
  job uuid not null,
  token_hash bytea not null constraint job_link_token_unique unique,
  created_by text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  revoked_at timestamptz,
  constraint job_link_pk primary key (tenant, id),
  constraint job_link_job_fk foreign key (tenant, job) references job (tenant, id) on delete cascade);
create index job_link_job on job_link (tenant, job);
comment on table job_link is 'A link that shows one job. Only the token''s hash is kept; goes with its job.';
select protect_tenant_table('job_link');
revoke select on job_link from hub_app;
