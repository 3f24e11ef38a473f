-- Addresses to suggest while people type. Public knowledge of no tenant.
create extension if not exists pg_trgm;

-- folded is the text in lower case without accents and punctuation, with a space before each word: what is searched in, and
-- what makes two spellings one address.
create table place (
  folded text constraint place_pk primary key,
  text text not null,
  latitude double precision not null constraint place_latitude check (latitude between -90 and 90),
  longitude double precision not null constraint place_longitude check (longitude between -180 and 180));
create index place_begins on place (folded text_pattern_ops);
create index place_words on place using gin (folded gin_trgm_ops);
comment on table place is 'Addresses with their points, imported by the operator or built in: the geocoder that asks nobody.';
grant select on place to hub_app, hub_writer;
grant insert, update on place to hub_writer;
