// Counts the transactions that were written to the write-ahead log of a home, whoever wrote them.
//
// The header of the WAL index (`flow.db-shm`) holds `iChange`: SQLite adds one in walFrames() for each commit frame that
// it appends, and nowhere else (wal.c). A checkpoint empties the log but not this counter, so none is hidden; a
// transaction that changed nothing appends no frame and does not count; and with `synchronous = full` each commit frame
// is one fsync of the log, which is what a step has to wait for. `strace -e fsync` agrees, but for one more fsync each
// time that the log begins anew.
//
// The index lives as long as somebody has the database open. So this process opens it first and keeps it open, without
// a transaction that would hold up a checkpoint. It must not itself open the file: closing it again would drop the POSIX
// locks that SQLite holds on it. A process of its own, od(1), reads it.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { openDatabase } from './sqlite.mjs';

const ICHANGE_AT = 8;

/** How many commits `work` makes in a home that has a database. */
export async function physicalCommits(home, work) {
  const path = join(home, 'flow.db');
  const db = await openDatabase(path);
  try {
    // The first statement that reads attaches the connection to the log.
    db.prepare('select count(*) from run').get();
    const counter = () => {
      const args = ['-An', '-tu4', `-j${ICHANGE_AT}`, '-N4', `${path}-shm`];
      return Number(execFileSync('od', args, { encoding: 'utf8' }));
    };
    const before = counter();
    await work();
    return counter() - before;
  } finally {
    db.close();
  }
}
