-- A company's own host name, whose / is its portal.

create unique index tenant_host_unique on tenant ((settings #>> '{portal,host}')) where settings #>> '{portal,host}' <> '';
