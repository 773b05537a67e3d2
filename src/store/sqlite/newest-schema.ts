import { SCHEMA_5 } from './compiled.ts';
import { SCHEMA_4 } from './labels.ts';
import {
  ADDED_2,
  ADDED_3,
  firstTables,
  JOURNAL_3,
  JOURNAL_RULES,
  RUN_INDEXES_2,
  RUN_INDEXES_3,
  TASKS,
  TICKS,
} from './tables.ts';
import { TRANSITIONS, TRANSITIONS_OF_TRIES } from './transitions.ts';
import { VIEWS_2, VIEWS_3 } from './views.ts';

/** A script, and the version that a database has after it. */
export interface Script {
  readonly version: number;
  readonly sql: string;
}

/**
 * What all migrations together make of an empty database, without what one makes and a later one replaces: a new home
 * gets its schema in a fifth of the time. Every migration is added here too, or its test says so.
 */
export const NEWEST_SCHEMA: Script = {
  version: 5,
  sql: [
    firstTables(ADDED_2, ADDED_3),
    RUN_INDEXES_2,
    RUN_INDEXES_3,
    JOURNAL_3,
    JOURNAL_RULES,
    TRANSITIONS,
    TRANSITIONS_OF_TRIES,
    TASKS,
    TICKS,
    VIEWS_2,
    VIEWS_3,
    // These only add.
    SCHEMA_4,
    SCHEMA_5,
  ].join('\n'),
};
