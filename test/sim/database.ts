import { chooseDriver, loadDriver } from '../../src/store/sqlite/driver.ts';
import type { Connection } from '../../src/store/sqlite/driver.ts';
import { migrate } from '../../src/store/sqlite/migrations.ts';
import { sqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import type { Store } from '../../src/store/store.ts';
import { Crash } from './flow-process.ts';
import type { FlowProcess } from './flow-process.ts';
import type { VirtualTime } from './time.ts';

/** The real SQL on a database in memory, which stays when a flow process dies. */
export function openDatabase(): Connection {
  const driver = loadDriver(chooseDriver());
  const db = driver(':memory:', 'write');
  db.exec('pragma foreign_keys = on; pragma trusted_schema = off');
  const copy = (): never => {
    throw new Error('a new database is not copied');
  };
  migrate(db, ':memory:', 'sim', 0, { copy });
  return db;
}

/** The store as one flow process sees it; `committed` is called after each of its commits. */
export function storeOf(db: Connection, flow: FlowProcess, time: VirtualTime, committed: () => void): Store {
  const driver = loadDriver(chooseDriver());
  const clock = { wall: () => time.wall(), mono: () => time.now, after: flow.after.bind(flow) };
  const waiting = { clock, path: ':memory:', onWaiting: () => undefined };
  const own = connectionOf(db, flow, committed);
  const real = sqliteStore({ db: own, driver, waiting, readOnly: false, notes: [] });
  const writing = <T>(write: () => Promise<T>): Promise<T> =>
    flow.call('append', async () => {
      time.inFlight += 1;
      try {
        return await write();
      } finally {
        time.inFlight -= 1;
      }
    });
  return {
    ...real,
    append: (batch) => writing(() => real.append(batch)),
    decide: (batch) => writing(() => real.decide(batch)),
    load: (run) => flow.call('call', () => real.load(run)),
    definition: (hash) => flow.call('call', () => real.definition(hash)),
    tasks: (run) => flow.call('call', () => real.tasks(run)),
    runs: (query) => flow.call('call', () => real.runs(query)),
    queued: () => flow.call('call', () => real.queued()),
    answered: () => flow.call('call', () => real.answered()),
    ticks: (query) => flow.call('call', () => real.ticks(query)),
    cursors: () => flow.call('call', () => real.cursors()),
    suspended: () => flow.call('call', () => real.suspended()),
  };
}

/** What a dead process had not committed is never committed. */
function connectionOf(db: Connection, flow: FlowProcess, committed: () => void): Connection {
  return {
    ...db,
    get inTransaction() {
      return db.inTransaction;
    },
    exec(sql) {
      if (sql === 'begin immediate' && flow.isGone) throw new Crash();
      db.exec(sql);
      if (sql === 'commit') committed();
    },
  };
}
