import type { JournalEvent } from '../../core/events.ts';
import type { DefinitionRecord, RunRecord, Snapshot, TaskRecord, TryRecord } from '../../core/records.ts';
import { RUN_STATES, runEnded } from '../../core/states.ts';
import type { Durations, EventQuery, ExpiredQuery, RunQuery } from '../store.ts';
import type { Connection, SqlValue } from './driver.ts';
import { words } from './transitions.ts';
import {
  STEP,
  TRY,
  readAttempt,
  readDefinition,
  readEvent,
  readRun,
  readStep,
  readTask,
  readTry,
} from './rows.ts';
import type { Table } from './rows.ts';

/** SQLite's word for "no limit". */
const limitOf = (limit: number): number => (limit === 0 ? -1 : limit);

/** Not the run, which is asked for by name: of ten thousand rows, each value costs more than all else does. */
const ofRun = <R>({ name, columns }: Table<R>): string =>
  `select ${columns.filter((column) => column !== 'run').join(', ')} from ${name} where run = ?`;

/** The run with everything that belongs to it, as of one instant; null if there is none. */
export function load(db: Connection, run: string): Snapshot | null {
  db.exec('begin');
  try {
    const row = db.prepare('select * from run where id = ?').get(run);
    if (row === undefined) return null;
    const tries = new Map<number, TryRecord[]>();
    for (const each of db.prepare(`${ofRun(TRY)} order by step, n`).all(run)) {
      const step = Number(each['step']);
      const list = tries.get(step);
      if (list === undefined) tries.set(step, [readTry(each)]);
      else list.push(readTry(each));
    }
    return {
      run: readRun(row),
      attempts: db.prepare('select * from attempt where run = ? order by n').all(run).map(readAttempt),
      steps: db
        .prepare(`${ofRun(STEP)} order by number`)
        .all(run)
        .map((step) => readStep(step, tries.get(Number(step['number'])) ?? [])),
      tasks: tasks(db, run),
    };
  } finally {
    if (db.inTransaction) db.exec('rollback');
  }
}

/** Questions of a run, in the order in which they were asked, which is that of their rows: clocks may be set back. */
export function tasks(db: Connection, run: string): TaskRecord[] {
  return db.prepare('select * from task where run = ? order by rowid').all(run).map(readTask);
}

export function definition(db: Connection, hash: string): DefinitionRecord | null {
  const row = db.prepare('select * from definition where hash = ?').get(hash);
  return row === undefined ? null : readDefinition(row);
}

export function compiled(db: Connection, of: string, key: string): Uint8Array | null {
  const row = db.prepare('select data from compiled where definition = ? and key = ?').get(of, key);
  return row === undefined ? null : (row['data'] as Uint8Array);
}

export function runs(db: Connection, query: RunQuery): RunRecord[] {
  const where: string[] = [];
  const values: SqlValue[] = [];
  const add = (condition: string, ...given: SqlValue[]): void => {
    where.push(condition);
    values.push(...given);
  };
  if (query.parent === undefined) add('parent_run is null');
  else add('parent_run = ?', query.parent);
  // Few runs at a time have not ended: the plus keeps the index that leads to them, whatever their DAG.
  const few = query.states !== undefined && !query.states.some(runEnded);
  if (query.dag !== undefined) add(few ? '+dag = ?' : 'dag = ?', query.dag);
  // Of one state the index has the newest first; of several all must be sorted.
  const [only, ...more] = query.states ?? [];
  if (only !== undefined && more.length === 0) add('state = ?', only);
  else if (query.states) add('state in (select value from json_each(?))', JSON.stringify(query.states));
  const { label } = query;
  // Its table has the newest first; asked for more, the indexes of `run` may lead to fewer.
  const byLabel = label !== undefined && label.value !== null && !query.dag && !query.states;
  const at = byLabel ? 'l' : 'run';
  if (query.since !== undefined) add(`${at}.created_at >= ?`, query.since);
  if (query.ofNoTick === true) add('scheduled_at is null');
  if (query.below !== undefined) {
    // The character after "/" is "0": everything that begins with the folder and a slash.
    const folder = query.below.replace(/\/+$/, '');
    add('file > ? and file < ?', `${folder}/`, `${folder}0`);
  }
  if (byLabel) add('l.key = ? and l.value = ?', label.key, label.value);
  else if (label) {
    const { key, value } = label;
    add(
      'exists (select 1 from json_each(run.labels) as l where l.key = ? and (? is null or l.value = ?))',
      key,
      value,
      value,
    );
  }
  const sql = `select run.* from ${byLabel ? 'run_label as l cross join run on run.id = l.run' : 'run'}
    where ${where.join(' and ')}
    order by ${at}.created_at desc, ${byLabel ? 'l.run' : 'run.id'} desc limit ?`;
  return db
    .prepare(sql)
    .all(...values, limitOf(query.limit))
    .map(readRun);
}

export function dags(db: Connection): string[] {
  return db
    .prepare('select distinct dag from run where parent_run is null order by dag')
    .all()
    .map((row) => String(row['dag']));
}

/** Of all runs that may go. The plus keeps the index on DAG and creation, which leads to the oldest of them. */
const ENDED_RUN = `dag = ? and parent_run is null and +state in (${words(RUN_STATES.filter(runEnded))})`;

export function expired(db: Connection, query: ExpiredQuery): RunRecord[] {
  const where = [ENDED_RUN];
  const values: SqlValue[] = [query.dag];
  const add = (condition: string, ...given: SqlValue[]): void => {
    where.push(condition);
    values.push(...given);
  };
  if (query.endedBefore !== null) {
    // Who ended before was created before: the index is used.
    add('created_at < ? and finished_at < ?', query.endedBefore, query.endedBefore);
  }
  if (query.keep > 0) {
    const last = `select created_at, id from run where ${ENDED_RUN} order by created_at desc, id desc limit 1 offset ?`;
    add(`(created_at, id) < (${last})`, query.dag, query.keep - 1);
  }
  if (query.olderThan) add('(created_at, id) < (?, ?)', query.olderThan.createdAt, query.olderThan.id);
  if (query.after) add('(created_at, id) > (?, ?)', query.after.createdAt, query.after.id);
  return db
    .prepare(`select * from run where ${where.join(' and ')} order by created_at, id limit ?`)
    .all(...values, limitOf(query.limit))
    .map(readRun);
}

/** Characters of an ending that `run_ending` knows. */
const SHOWN = 8;

export function idsLike(db: Connection, part: string, limit: number): string[] {
  return db
    .prepare(
      // The beginning is a range of the key; the ending has an index when it is as long as people are shown it.
      `select id from (
        select id, created_at from run where id >= ? and id < ? || '~' and substr(id, 1, length(?)) = ?
        union select id, created_at from run
        where ${part.length >= SHOWN ? 'substr(id, -8) = substr(?, -8)' : '? is not null'}
          and substr(id, -length(?)) = ?
      ) order by created_at desc, id desc limit ?`,
    )
    .all(part, part, part, part, part, part, part, limit)
    .map((row) => String(row['id']));
}

export function durations(db: Connection, dag: string, limit: number): Durations {
  const found = db
    .prepare(
      `select id, finished_at - started_at as ms from run
      where dag = ? and state = 'succeeded' and parent_run is null and attempt = 1
      order by created_at desc limit ?`,
    )
    .all(dag, limit);
  const steps = db.prepare(
    `select label, finished_at - started_at as ms from step
    where run = ? and kind = 'step' and item is null and state = 'succeeded' and started_at is not null`,
  );
  return {
    runs: found.map(({ ms }) => Number(ms)),
    steps: found.flatMap(({ id }) =>
      steps.all(String(id)).map(({ label, ms }) => ({ label: String(label), ms: Number(ms) })),
    ),
  };
}

export function events(db: Connection, query: EventQuery): JournalEvent[] {
  const where = ['seq > ?'];
  const values: SqlValue[] = [query.after];
  const add = (condition: string, value: SqlValue): void => {
    where.push(condition);
    values.push(value);
  };
  if (query.run !== undefined) add('run = ?', query.run);
  if (query.steps) {
    add('(step is null or step in (select value from json_each(?)))', JSON.stringify(query.steps));
  }
  if (query.types) add('type in (select value from json_each(?))', JSON.stringify(query.types));
  return db
    .prepare(`select * from event where ${where.join(' and ')} order by seq limit ?`)
    .all(...values, limitOf(query.limit))
    .map(readEvent);
}
