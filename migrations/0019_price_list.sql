-- What a company charges again and again.

create table price_item (
  tenant uuid not null,
  id uuid not null,
  code text not null,
  description text not null,
  unit_price numeric not null,
  tax_rate numeric not null,
  archived_at timestamptz,
  constraint price_item_pk primary key (tenant, id));
comment on table price_item is 'The price list: what invoice lines are filled from. Lines copy it, so that a change of a price changes no invoice.';
create unique index price_item_code_unique on price_item (tenant, lower(code)) where code <> '' and archived_at is null;
select protect_tenant_table('price_item');
