import { HANDLER_EVENTS } from '../../core/dag.ts';
import type { TickOutcome, Trigger } from '../../core/records.ts';
import { SCHEDULE_KINDS } from '../../core/schedule.ts';
import {
  RUN_STATES,
  RUN_TRANSITIONS,
  STEP_STATES,
  STEP_TRANSITIONS,
  TRY_STATES,
  TRY_TRANSITIONS,
} from '../../core/states.ts';

const TRIGGERS = [
  'manual',
  'scheduler',
  'catchup',
  'subdag',
  'unknown',
] as const satisfies readonly Trigger[];

const TICK_OUTCOMES = ['started', 'skipped', 'missed'] as const satisfies readonly TickOutcome[];

/** A list of words for `in (…)`. */
export function words(list: readonly string[]): string {
  return list.map((word) => `'${word}'`).join(', ');
}

/** A trigger that refuses what the table of `core/states.ts` does not list; a row written unchanged passes. */
function transitions(table: string, allowed: Readonly<Record<string, readonly string[]>>): string {
  const cases = Object.entries(allowed).map(
    ([from, to]) => `when '${from}' then ${to.length === 0 ? '0' : `new.state in (${words(to)})`}`,
  );
  return `
create trigger ${table}_transition before update of state on ${table}
when new.state <> old.state and not case old.state ${cases.join(' ')} else 0 end
begin select raise(abort, 'illegal change of ${table}.state'); end;`;
}

const TABLES = `
create table definition (
  hash text primary key,
  text text not null,
  files text not null check (json_valid(files)),
  flow_version text not null
) strict;

create table run (
  id text primary key,
  dag text not null,
  definition text not null references definition (hash),
  file text not null,
  params text not null check (json_valid(params)),
  labels text not null check (json_valid(labels)),
  trigger text not null check (trigger in (${words(TRIGGERS)})),
  unresolved text not null check (unresolved in ('strict', 'keep')),
  selected text check (json_valid(selected)),
  reused_from text,
  state text not null check (state in (${words(RUN_STATES)})),
  reason text,
  attempt integer not null check (attempt >= 0),
  owner text check (json_valid(owner)),
  token integer not null check (token >= 0),
  preconditions_met integer not null check (preconditions_met in (0, 1)),
  due_at integer,
  outputs text not null check (json_valid(outputs)),
  created_at integer not null,
  started_at integer,
  finished_at integer
) strict;
create index run_created on run (created_at);
create index run_dag on run (dag, created_at);
create index run_state on run (state, created_at);

create table attempt (
  run text not null references run (id) on delete cascade,
  n integer not null check (n >= 1),
  owner text not null check (json_valid(owner)),
  token integer not null,
  state text not null check (state in (${words(RUN_STATES)})),
  reason text,
  started_at integer not null,
  finished_at integer,
  primary key (run, n)
) strict;

create table step (
  run text not null references run (id) on delete cascade,
  number integer not null check (number >= 1),
  -- The first half is true of nearly all: for two long lists in one table SQLite makes an index with each insert.
  kind text not null check (kind = 'step' or kind in (${words(HANDLER_EVENTS)})),
  id text,
  name text not null,
  label text not null,
  state text not null check (state in (${words(STEP_STATES)})),
  reason text,
  message text,
  tolerated integer not null check (tolerated in (0, 1)),
  due_at integer,
  repetitions integer not null check (repetitions >= 0),
  repeated_try integer not null check (repeated_try >= 0),
  outputs text not null check (json_valid(outputs)),
  started_at integer,
  finished_at integer,
  primary key (run, number)
) strict;

create table step_try (
  run text not null,
  step integer not null,
  n integer not null check (n >= 1),
  attempt integer not null,
  in_attempt integer not null check (in_attempt >= 1),
  in_flow integer not null check (in_flow in (0, 1)),
  state text not null check (state in (${words(TRY_STATES)})),
  reason text,
  command_hash text not null,
  cwd text not null,
  env_names text not null check (json_valid(env_names)),
  idempotency_key text not null,
  out_log text not null,
  err_log text not null,
  exit_code integer,
  signal text,
  started_at integer not null,
  finished_at integer,
  primary key (run, step, n),
  foreign key (run, step) references step (run, number) on delete cascade
) strict;

create table event (
  seq integer primary key autoincrement,
  run text not null references run (id) on delete cascade,
  at integer not null,
  type text not null,
  step integer,
  attempt integer,
  try integer,
  data text not null check (json_valid(data))
) strict;
create index event_run on event (run);
create trigger event_append_only before update on event
begin select raise(abort, 'events are never changed'); end;
`;

function instant(column: string): string {
  return `strftime('%Y-%m-%dT%H:%M:%fZ', ${column} / 1000.0, 'unixepoch')`;
}

function times(table: string): string {
  return `${instant(`${table}.started_at`)} as started, ${instant(`${table}.finished_at`)} as finished,
    round((${table}.finished_at - ${table}.started_at) / 1000.0, 3) as seconds`;
}

const LAST_TRY = `left join step_try as t on t.run = s.run and t.step = s.number
    and t.n = (select max(n) from step_try where run = s.run and step = s.number)`;

/** For people (`flow sql`): instants as text in UTC, durations in seconds. */
const VIEWS = `
create view runs as
  select id, dag, state, reason, attempt, trigger, ${instant('run.created_at')} as created, ${times('run')},
    definition, file, params, labels, outputs
  from run;

create view steps as
  select s.run, r.dag, s.number, s.label as step, s.kind, s.state, s.reason, s.message, coalesce(t.n, 0) as tries,
    t.exit_code, t.signal, ${times('s')}, s.outputs
  from step as s join run as r on r.id = s.run ${LAST_TRY};

create view tries as
  select t.run, r.dag, s.label as step, t.n as try, t.attempt, t.state, t.reason, t.exit_code, t.signal, ${times('t')},
    t.cwd, t.out_log, t.err_log
  from step_try as t join step as s on s.run = t.run and s.number = t.step join run as r on r.id = t.run;

create view failures as
  select s.run, r.dag, s.label as step, s.reason, s.message, t.exit_code, t.signal, s.tolerated, ${times('s')},
    t.out_log, t.err_log
  from step as s join run as r on r.id = s.run ${LAST_TRY}
  where s.state = 'failed';
`;

/** Version 2: child runs, items of foreach steps, questions to people, base files, folders of a run. */
const CHANGES_2 = `
alter table definition add column base text check (json_valid(base));
alter table run add column document integer not null default 0 check (document >= 0);
alter table run add column parent_run text;
alter table run add column parent_step integer;
alter table run add column root text check (json_valid(root));
alter table run add column queue text;
alter table run add column log_dir text;
alter table run add column artifacts_dir text check (json_valid(artifacts_dir));
alter table run add column numbers text check (json_valid(numbers));
create index run_definition on run (definition);
create index run_parent on run (parent_run, parent_step) where parent_run is not null;

alter table step add column item text check (json_valid(item));
alter table step add column generation integer not null default 0 check (generation >= 0);
alter table step add column dropped integer not null default 0 check (dropped in (0, 1));
alter table step add column partial integer not null default 0 check (partial in (0, 1));

create table task (
  run text not null,
  step integer not null,
  n integer not null check (n >= 1),
  kind text not null check (kind in ('human', 'approval')),
  prompt text not null,
  asked_at integer not null,
  answer text check (answer in ('completed', 'approved', 'rejected')),
  inputs text not null check (json_valid(inputs)),
  reason text,
  answered_at integer,
  primary key (run, step, n),
  foreign key (run, step) references step (run, number) on delete cascade
) strict;
create trigger task_once before update of answer on task
when old.answer is not null and new.answer is not old.answer
begin select raise(abort, 'a question is answered once'); end;

drop trigger run_transition;
drop trigger attempt_transition;
drop trigger step_transition;
drop view runs;
drop view steps;
drop view tries;
drop view failures;
`;

const KEY = "json_extract(s.item, '$.key')";

const VIEWS_2 = `
create view runs as
  select id, dag, state, reason, attempt, trigger, parent_run as parent, ${instant('run.created_at')} as created,
    ${times('run')}, definition, file, params, labels, outputs
  from run;

create view steps as
  select s.run, r.dag, s.number, s.label as step, ${KEY} as item, s.kind, s.state, s.reason, s.message,
    coalesce(t.n, 0) as tries, t.exit_code, t.signal, ${times('s')}, s.outputs
  from step as s join run as r on r.id = s.run ${LAST_TRY}
  where not s.dropped;

create view tries as
  select t.run, r.dag, s.label as step, ${KEY} as item, t.n as try, t.attempt, t.state, t.reason, t.exit_code,
    t.signal, ${times('t')}, t.cwd, t.out_log, t.err_log
  from step_try as t join step as s on s.run = t.run and s.number = t.step join run as r on r.id = t.run;

create view failures as
  select s.run, r.dag, s.label as step, ${KEY} as item, s.reason, s.message, t.exit_code, t.signal, s.tolerated,
    ${times('s')}, t.out_log, t.err_log
  from step as s join run as r on r.id = s.run ${LAST_TRY}
  where s.state = 'failed' and not s.dropped;

create view tasks as
  select k.run, r.dag, s.label as step, k.kind, k.prompt, ${instant('k.asked_at')} as asked, k.answer, k.inputs,
    k.reason, ${instant('k.answered_at')} as answered
  from task as k join step as s on s.run = k.run and s.number = k.step join run as r on r.id = k.run;
`;

export const SCHEMA_2 = [
  CHANGES_2,
  transitions('run', RUN_TRANSITIONS),
  transitions('attempt', RUN_TRANSITIONS),
  transitions('step', STEP_TRANSITIONS),
  VIEWS_2,
].join('\n');

/** Version 3: ticks, how far schedules are decided, schedules that are off; events of ticks have no run. */
const CHANGES_3 = `
alter table run add column scheduled_at integer;
alter table run add column retries integer not null default 0 check (retries >= 0);
alter table run add column recoveries integer not null default 0 check (recoveries >= 0);
-- People are shown the last 8 characters of an id (CLI.md §1).
create index run_ending on run (substr(id, -8));

create table tick (
  dag text not null,
  kind text not null check (kind in (${words(SCHEDULE_KINDS)})),
  scheduled_at integer not null,
  outcome text not null check (outcome in (${words(TICK_OUTCOMES)})),
  reason text,
  message text,
  run text references run (id) on delete cascade,
  decided_at integer not null,
  count integer not null check (count >= 1),
  first_at integer not null,
  primary key (dag, kind, scheduled_at)
) strict;
create index tick_run on tick (run) where run is not null;
create index tick_time on tick (scheduled_at);

create table cursor (
  dag text not null,
  entry text not null,
  file text not null,
  at integer not null,
  primary key (dag, entry)
) strict;

create table suspended (
  dag text primary key,
  since integer not null
) strict;

alter table event rename to event_2;
drop trigger event_append_only;
drop index event_run;
create table event (
  seq integer primary key autoincrement,
  run text references run (id) on delete cascade,
  at integer not null,
  type text not null,
  step integer,
  attempt integer,
  try integer,
  data text not null check (json_valid(data))
) strict;
insert into event select * from event_2;
update sqlite_sequence set seq = (select seq from sqlite_sequence where name = 'event_2') where name = 'event';
insert into sqlite_sequence (name, seq)
  select 'event', seq from sqlite_sequence
  where name = 'event_2' and not exists (select 1 from sqlite_sequence where name = 'event');
drop table event_2;
create index event_run on event (run);
create trigger event_append_only before update on event
begin select raise(abort, 'events are never changed'); end;

create view ticks as
  select dag, kind, ${instant('scheduled_at')} as scheduled, outcome, reason, message, run,
    ${instant('decided_at')} as decided, round((decided_at - scheduled_at) / 1000.0, 3) as late_seconds, count
  from tick;
`;

export const SCHEMA_3 = CHANGES_3;

/** Version 1 of the database (ARCHITECTURE.md §3). */
export const SCHEMA_1 = [
  TABLES,
  transitions('run', RUN_TRANSITIONS),
  transitions('attempt', RUN_TRANSITIONS),
  transitions('step', STEP_TRANSITIONS),
  transitions('step_try', TRY_TRANSITIONS),
  VIEWS,
].join('\n');
