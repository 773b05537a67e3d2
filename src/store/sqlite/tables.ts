import { HANDLER_EVENTS } from '../../core/dag.ts';
import type { TickOutcome, Trigger } from '../../core/records.ts';
import { SCHEDULE_KINDS } from '../../core/schedule.ts';
import { RUN_STATES, STEP_STATES, TRY_STATES } from '../../core/states.ts';
import { words } from './transitions.ts';

/*
 * The text of each table, once: the migrations (schema.ts) and the schema of a new database (newest-schema.ts) are
 * made of the same. What a version has used is not changed here; a later one adds, under its number.
 */

const TRIGGERS = [
  'manual',
  'scheduler',
  'catchup',
  'subdag',
  'unknown',
] as const satisfies readonly Trigger[];

const TICK_OUTCOMES = ['started', 'skipped', 'missed'] as const satisfies readonly TickOutcome[];

/** What one version added to tables of the first. */
export type Columns = Readonly<Partial<Record<'definition' | 'run' | 'step', readonly string[]>>>;

export const ADDED_2: Columns = {
  definition: ['base text check (json_valid(base))'],
  run: [
    'document integer not null default 0 check (document >= 0)',
    'parent_run text',
    'parent_step integer',
    'root text check (json_valid(root))',
    'queue text',
    'log_dir text',
    'artifacts_dir text check (json_valid(artifacts_dir))',
    'numbers text check (json_valid(numbers))',
  ],
  step: [
    'item text check (json_valid(item))',
    'generation integer not null default 0 check (generation >= 0)',
    'dropped integer not null default 0 check (dropped in (0, 1))',
    'partial integer not null default 0 check (partial in (0, 1))',
  ],
};

export const ADDED_3: Columns = {
  run: [
    'scheduled_at integer',
    'retries integer not null default 0 check (retries >= 0)',
    'recoveries integer not null default 0 check (recoveries >= 0)',
  ],
};

/** The statements that add them to tables that are there. */
export function alterations(columns: Columns): string {
  return Object.entries(columns)
    .flatMap(([table, added]) => added.map((column) => `alter table ${table} add column ${column};\n`))
    .join('');
}

function more(table: keyof Columns, later: readonly Columns[]): string {
  return later
    .flatMap((columns) => columns[table] ?? [])
    .map((column) => `,\n  ${column}`)
    .join('');
}

/** The tables of version 1 but the journal, with what later versions added where `alter table` puts it: last. */
export function firstTables(...later: readonly Columns[]): string {
  return `
create table definition (
  hash text primary key,
  text text not null,
  files text not null check (json_valid(files)),
  flow_version text not null${more('definition', later)}
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
  finished_at integer${more('run', later)}
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
  finished_at integer${more('step', later)},
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
`;
}

export const RUN_INDEXES_2 = `
create index run_definition on run (definition);
create index run_parent on run (parent_run, parent_step) where parent_run is not null;
`;

export const RUN_INDEXES_3 = `
-- People are shown the last 8 characters of an id (CLI.md §1).
create index run_ending on run (substr(id, -8));
`;

export const TASKS = `
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
`;

export const TICKS = `
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
`;

function journal(run: string): string {
  return `
create table event (
  seq integer primary key autoincrement,
  run ${run},
  at integer not null,
  type text not null,
  step integer,
  attempt integer,
  try integer,
  data text not null check (json_valid(data))
) strict;
`;
}

export const JOURNAL_1 = journal('text not null references run (id) on delete cascade');

/** Events of ticks have no run. */
export const JOURNAL_3 = journal('text references run (id) on delete cascade');

export const JOURNAL_RULES = `
create index event_run on event (run);
create trigger event_append_only before update on event
begin select raise(abort, 'events are never changed'); end;
`;
