-- Jobs that wait for an answer: few, and looked for every few seconds by tenants that decline them after a while.
create index job_pending on job (tenant) where status = 3;
