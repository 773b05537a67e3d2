import type { RunRecord } from '../../core/records.ts';
import { runEnded } from '../../core/states.ts';
import type { Removal } from '../store.ts';
import type { Connection } from './driver.ts';
import { readRun } from './rows.ts';

/**
 * Deletes runs with their child runs. Files go before rows and in the same transaction: its lock keeps every other
 * process from taking the run up, and after a crash the rows are still there, so that the rest goes next time.
 */
export function remove(db: Connection, ids: readonly string[], clear: (run: RunRecord) => void): Removal {
  db.exec('begin immediate');
  try {
    const removal = removeAll(db, ids, clear);
    db.exec('commit');
    return removal;
  } finally {
    if (db.inTransaction) db.exec('rollback');
  }
}

function removeAll(db: Connection, ids: readonly string[], clear: (run: RunRecord) => void): Removal {
  const removed: string[] = [];
  const kept: { run: string; reason: unknown }[] = [];
  const definitions = new Set<string>();
  const drop = db.prepare('delete from run where id = ?');
  for (const id of ids) {
    const family = familyOf(db, id);
    if (family.length === 0 || !family.every((run) => runEnded(run.state))) continue;
    try {
      family.forEach(clear);
    } catch (reason) {
      kept.push({ run: id, reason });
      continue;
    }
    for (const run of family) {
      drop.run(run.id);
      definitions.add(run.definition);
    }
    removed.push(id);
  }
  const unused = db.prepare(
    'delete from definition where hash = ? and not exists (select 1 from run where definition = ?)',
  );
  for (const hash of definitions) unused.run(hash, hash);
  return { removed, kept };
}

/** A run and all runs that come from it, the youngest generation first. */
function familyOf(db: Connection, id: string): RunRecord[] {
  return db
    .prepare(
      `with recursive family (id, depth) as (
        select id, 0 from run where id = ?
        union all select c.id, f.depth + 1 from run as c join family as f on c.parent_run = f.id
      )
      select run.* from run join family on family.id = run.id order by depth desc, run.id`,
    )
    .all(id)
    .map(readRun);
}
