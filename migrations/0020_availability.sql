-- When workers are away, and everybody who plans hears of it.

alter table worker add column absences jsonb not null default '[]';
comment on column worker.absences is 'Days on which they do not work: from, to (both included) and a note.';

create trigger worker_rights_count after insert or update of name, hours, absences, archived_at on worker
  for each row execute function count_rights_of_row();
