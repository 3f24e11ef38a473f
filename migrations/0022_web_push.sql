-- Web Push: a browser on a worker's phone is a place for alerts like an address.

alter table contact_point
  drop constraint contact_point_kind,
  add constraint contact_point_kind check (kind in (1, 2, 3)),
  add column endpoint text constraint contact_point_endpoint_unique unique,
  add column push_key bytea,
  add column push_secret bytea,
  add column session bytea constraint contact_point_session_fk references login_session on delete cascade,
  add constraint contact_point_push check (num_nonnulls(endpoint, push_key, push_secret, session) = case when kind = 3 then 4 else 0 end);
create index contact_point_session on contact_point (session) where session is not null;
-- Two phones of one person may be called the same; their endpoints differ.
drop index contact_point_address;
create unique index contact_point_address on contact_point (tenant, coalesce(portal_user, worker, dispatcher), kind, address) where kind <> 3;
comment on table contact_point is 'An e-mail address (1), phone number (2) or browser (3) that alerts go to, once verified and until stopped.';
comment on column contact_point.endpoint is 'Where the browser''s push service takes messages. One browser has one, so whoever logs in there last gets them.';
comment on column contact_point.push_key is 'The browser''s public key, an uncompressed point of P-256 (RFC 8291).';
comment on column contact_point.push_secret is 'The browser''s authentication secret, 16 bytes (RFC 8291).';
comment on column contact_point.session is 'The log-in on that browser: with it, the contact point ends.';
comment on column message.channel is '1 e-mail, 2 SMS, 3 Web Push.';
alter table message drop constraint message_channel, add constraint message_channel check (channel in (1, 2, 3));

create table vapid_key (
  only_row boolean constraint vapid_key_pk primary key default true constraint vapid_key_only_row check (only_row),
  pkcs8 bytea not null,
  created_at timestamptz not null default now());
comment on table vapid_key is 'With what all nodes sign to push services (RFC 8292). Browsers are bound to it: another key loses them all.';
grant select, insert on vapid_key to hub_writer;
