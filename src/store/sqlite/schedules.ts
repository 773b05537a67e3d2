import type { CursorRecord, QueuedRun, TickRecord } from '../../core/records.ts';
import type { TickQuery } from '../store.ts';
import type { Connection, SqlValue } from './driver.ts';
import { readCursor, readQueued, readTick } from './rows.ts';

/** What waits in the queues, in the order in which the rows came: clocks may be set back. */
export function queued(db: Connection): QueuedRun[] {
  return db
    .prepare(
      `select r.id, r.dag, r.definition, r.queue, r.trigger, r.due_at, r.scheduled_at, t.kind as tick
      from run as r left join tick as t on t.run = r.id
      where r.state = 'queued' and r.parent_run is null order by r.rowid`,
    )
    .all()
    .map(readQueued);
}

/** Runs that wait although neither they nor a child run of theirs has an open question. */
export function answered(db: Connection): string[] {
  return db
    .prepare(
      `with recursive family (top, id) as (
        select id, id from run where state = 'waiting' and parent_run is null
        union all select f.top, c.id from run as c join family as f on c.parent_run = f.id
      )
      select distinct top from family where top not in (
        select f.top from family as f join step as s on s.run = f.id join task as k
          on k.run = s.run and k.step = s.number
        where s.state = 'waiting' and k.answer is null
          and k.n = (select max(n) from task where run = k.run and step = k.step)
      )`,
    )
    .all()
    .map((row) => String(row['top']));
}

export function ticks(db: Connection, query: TickQuery): TickRecord[] {
  const where = ['true'];
  const values: SqlValue[] = [];
  if (query.dag !== undefined) {
    where.push('dag = ?');
    values.push(query.dag);
  }
  if (query.withoutRun === true) where.push("outcome <> 'started'");
  if (query.since !== undefined) {
    where.push('scheduled_at >= ?');
    values.push(query.since);
  }
  return db
    .prepare(`select * from tick where ${where.join(' and ')} order by scheduled_at desc, dag, kind limit ?`)
    .all(...values, query.limit === 0 ? -1 : query.limit)
    .map(readTick);
}

export function cursors(db: Connection): CursorRecord[] {
  return db.prepare('select * from cursor').all().map(readCursor);
}

export function suspended(db: Connection): string[] {
  return db
    .prepare('select dag from suspended order by dag')
    .all()
    .map((row) => String(row['dag']));
}

/** Both in one transaction: nothing of a time in which the schedule was off is ever due. */
export function suspend(db: Connection, dag: string, on: boolean, at: number): boolean {
  db.exec('begin immediate');
  try {
    const { changes } = on
      ? db.prepare('insert into suspended (dag, since) values (?, ?) on conflict do nothing').run(dag, at)
      : db.prepare('delete from suspended where dag = ?').run(dag);
    if (!on && changes > 0) db.prepare('update cursor set at = max(at, ?) where dag = ?').run(at, dag);
    db.exec('commit');
    return changes > 0;
  } finally {
    if (db.inTransaction) db.exec('rollback');
  }
}

export function forgetTicks(db: Connection, dag: string, before: number, limit: number): number {
  db.exec('begin immediate');
  try {
    const gone = db
      .prepare(
        `delete from tick where rowid in (
          select rowid from tick where dag = ? and run is null and scheduled_at < ? limit ?
        )`,
      )
      .run(dag, before, limit).changes;
    db.prepare(`delete from event where run is null and at < ? and json_extract(data, '$.dag') = ?`).run(
      before,
      dag,
    );
    db.exec('commit');
    return gone;
  } finally {
    if (db.inTransaction) db.exec('rollback');
  }
}
