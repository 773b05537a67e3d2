import {
  ADDED_2,
  ADDED_3,
  alterations,
  firstTables,
  JOURNAL_1,
  JOURNAL_3,
  JOURNAL_RULES,
  RUN_INDEXES_2,
  RUN_INDEXES_3,
  TASKS,
  TICKS,
} from './tables.ts';
import { TRANSITIONS, TRANSITIONS_OF_TRIES } from './transitions.ts';
import { VIEWS_1, VIEWS_2, VIEWS_3 } from './views.ts';

/** Version 1 of the database (ARCHITECTURE.md §3). */
export const SCHEMA_1 = [
  firstTables(),
  JOURNAL_1,
  JOURNAL_RULES,
  TRANSITIONS,
  TRANSITIONS_OF_TRIES,
  VIEWS_1,
].join('\n');

/** Version 2: child runs, items of foreach steps, questions to people, base files, folders of a run. */
export const SCHEMA_2 = [
  alterations(ADDED_2),
  RUN_INDEXES_2,
  TASKS,
  `
drop trigger run_transition;
drop trigger attempt_transition;
drop trigger step_transition;
drop view runs;
drop view steps;
drop view tries;
drop view failures;
`,
  TRANSITIONS,
  VIEWS_2,
].join('\n');

/** Version 3: ticks, how far schedules are decided, schedules that are off; events of ticks have no run. */
export const SCHEMA_3 = [
  alterations(ADDED_3),
  RUN_INDEXES_3,
  TICKS,
  `
alter table event rename to event_2;
drop trigger event_append_only;
drop index event_run;
`,
  JOURNAL_3,
  `
insert into event select * from event_2;
update sqlite_sequence set seq = (select seq from sqlite_sequence where name = 'event_2') where name = 'event';
insert into sqlite_sequence (name, seq)
  select 'event', seq from sqlite_sequence
  where name = 'event_2' and not exists (select 1 from sqlite_sequence where name = 'event');
drop table event_2;
`,
  JOURNAL_RULES,
  VIEWS_3,
].join('\n');
