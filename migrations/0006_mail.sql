-- Getting in: invitations, sign-ups, new passwords, and the outbox of the e-mails that bring them.

-- Who was invited belongs to the lists at once, but is let in only after saying yes.
alter table dispatcher add column joined_at timestamptz default now();
alter table worker add column joined_at timestamptz default now();
alter table portal_user add column joined_at timestamptz default now();

create table invitation (
  tenant uuid not null,
  id uuid not null,
  kind smallint not null,
  person uuid not null,
  token_hash bytea not null constraint invitation_token_unique unique,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz,
  withdrawn_at timestamptz,
  constraint invitation_pk primary key (tenant, id));
create index invitation_person on invitation (tenant, kind, person, created_at desc);
comment on table invitation is 'An activation link that was sent to a person; kind as in login_session. Only the token''s hash is kept, and the newest invitation of a person counts.';
select protect_tenant_table('invitation');
revoke select on invitation from hub_app;
grant select (tenant, id, kind, person, created_at, expires_at, used_at, withdrawn_at) on invitation to hub_app;

create table signup (
  tenant uuid not null,
  id uuid not null,
  token_hash bytea not null constraint signup_token_unique unique,
  email text not null,
  name text not null,
  company text not null,
  phone text,
  password_hash text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz,
  constraint signup_pk primary key (tenant, id));
create index signup_expires on signup (expires_at);
comment on table signup is 'Somebody who signed up and has yet to show that the e-mail address is theirs. Until then there is neither a log-in nor a customer.';
select protect_tenant_table('signup');
revoke select on signup from hub_app;
grant delete on signup to hub_writer;

create table password_reset (
  token_hash bytea constraint password_reset_pk primary key,
  login uuid not null constraint password_reset_login_fk references login,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null);
create index password_reset_login on password_reset (login);
comment on table password_reset is 'A link that sets a new password, once. It belongs to a log-in, which is outside all tenants; only the token''s hash is kept.';
grant select, insert, delete on password_reset to hub_writer;

-- due_at is when the mail may be claimed next: claiming moves it ahead by the lease, so that a courier that dies leaves
-- it to another. tries tells the claims apart: whoever settles names theirs. secret is the link's token, which only the
-- writer and the courier see, and which is emptied once the mail is out.
create table mail (
  tenant uuid,
  id uuid constraint mail_pk primary key,
  address text not null,
  name text not null,
  letter jsonb not null,
  secret text,
  subject uuid,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  due_at timestamptz default now(),
  tries integer not null default 0,
  error text,
  sent_at timestamptz,
  dead_at timestamptz,
  withdrawn_at timestamptz)
  with (fillfactor = 70);
create index mail_due on mail (due_at) where due_at is not null;
create index mail_tenant on mail (tenant, created_at desc, id);
create index mail_subject on mail (subject) where due_at is not null;
comment on table mail is 'E-mails to send that no job caused, written in the transaction of their cause. Without a tenant: about a log-in that is no member of one.';
comment on column mail.subject is 'What the mail is about, for example an invitation: withdrawing that withdraws the mail.';
select protect_tenant_table('mail');
select open_to_courier('mail');
revoke select on mail from hub_app;
grant select (tenant, id, address, name, letter, created_at, expires_at, due_at, tries, error, sent_at, dead_at, withdrawn_at) on mail to hub_app;
grant delete on mail to hub_writer;
grant update (due_at, tries, error, sent_at, dead_at, secret) on mail to hub_courier;
