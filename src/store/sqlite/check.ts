import { flowError } from '../../errors/diagnostic.ts';
import { EXIT } from '../../errors/exit-codes.ts';
import type { Connection, Driver } from './driver.ts';
import { isBusy, primaryCode, SQLITE, storageError } from './errors.ts';
import { fileSize } from './place.ts';

/** Everything that `flow db check` looks at; the problems found, none when all is well. */
export function checkAll(db: Connection): string[] {
  return [...integrity(db), ...foreignKeys(db), ...journals(db)];
}

function integrity(db: Connection): string[] {
  return damageAsProblem(() =>
    db
      .prepare('pragma integrity_check')
      .all()
      .map((row) => String(row['integrity_check']))
      .filter((line) => line !== 'ok'),
  );
}

function foreignKeys(db: Connection): string[] {
  return damageAsProblem(() =>
    db
      .prepare('pragma foreign_key_check')
      .all()
      .map(
        (row) =>
          `table ${String(row['table'])}, row ${String(row['rowid'])}: no such ${String(row['parent'])}`,
      ),
  );
}

function journals(db: Connection): string[] {
  return damageAsProblem(() =>
    db
      .prepare(
        'select id from run where not exists (select 1 from event where event.run = run.id) order by id',
      )
      .all()
      .map((row) => `run ${String(row['id'])} has no events`),
  );
}

function damageAsProblem(look: () => string[]): string[] {
  try {
    return look();
  } catch (error) {
    if (primaryCode(error) !== SQLITE.corrupt || !(error instanceof Error)) throw error;
    return [error.message];
  }
}

/**
 * `quick_check` after an unclean stop (RELIABILITY.md §2.5): a write-ahead log was left behind and nobody else has
 * the database open, which an exclusive lock proves. Somebody else there: nothing is looked at.
 * @throws FlowError (exit 70) when the file is damaged.
 */
export function checkAfterCrash(driver: Driver, path: string): void {
  if ((fileSize(`${path}-wal`) ?? 0) === 0) return;
  const db = driver(path, 'write');
  try {
    db.exec('pragma busy_timeout = 0');
    db.exec('pragma locking_mode = exclusive');
    const answer = String(db.prepare('pragma quick_check(1)').get()?.['quick_check']);
    if (answer === 'ok') return;
    throw flowError(
      EXIT.fault,
      'S005',
      `the database ${path} is damaged (${answer}); nothing was deleted`,
      'run `flow db check` to see how far, then put the newest copy made by `flow db backup` in its place',
    );
  } catch (error) {
    if (!isBusy(error)) throw storageError(error, path);
  } finally {
    db.close();
  }
}
