-- A worker's face, for whoever may see that it is they who come.

alter table worker add column photo uuid;
alter table worker add constraint worker_photo_fk foreign key (tenant, photo) references file (tenant, id);
create index worker_photo on worker (tenant, photo) where photo is not null;
comment on column worker.photo is 'The file that shows them; kept as long as it does.';
