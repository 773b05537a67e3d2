/** Version 4: who has a label is found without reading every run; the labels of a run never change. */
export const SCHEMA_4 = `
create table run_label (
  key text not null,
  value text not null,
  created_at integer not null,
  run text not null,
  primary key (key, value, created_at, run)
) strict, without rowid;
insert into run_label select l.key, l.value, run.created_at, run.id from run, json_each(run.labels) as l;
create trigger run_labelled after insert on run when new.labels <> '{}'
begin
  insert into run_label select key, value, new.created_at, new.id from json_each(new.labels); end;
create trigger run_unlabelled after delete on run when old.labels <> '{}'
begin
  delete from run_label where run = old.id and created_at = old.created_at
    and (key, value) in (select key, value from json_each(old.labels)); end;
`;
