import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { chooseDriver, loadDriver, type Row } from '../../src/store/sqlite/driver.ts';
import { spawnDaemon } from './daemon.ts';
import { eventually } from './eventually.ts';
import { place, type FlowOptions, type Place } from './flow.ts';

/** A step that goes on for as long as the file `dags/hold` is there; it ends with the place of its test. */
export const HELD = 'echo begun >> effects; while test -e hold; do sleep 0.05; done; echo done >> effects';
/** A schedule that nothing fires during a test. */
export const NEVER = 'schedule: "0 0 29 2 *"\n';

export interface LogLine {
  readonly at: string;
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
  readonly [field: string]: unknown;
}

/** A daemon in a process of its own. */
export interface Daemon {
  readonly pid: number;
  /** Its exit code; undefined when a signal killed it. */
  readonly ended: Promise<number | undefined>;
  /** What it has logged: every line is one JSON object, or this throws. */
  log(): LogLine[];
  /** True once a line of its log has this part. */
  said(part: string): boolean;
  kill(signal: NodeJS.Signals): void;
  drain(): Promise<number | undefined>;
}

export interface Tick {
  readonly dag: string;
  readonly kind: string;
  readonly at: number;
  readonly outcome: string;
  readonly reason: string | null;
  readonly message: string | null;
  readonly run: string | null;
  readonly decided: number;
  readonly count: number;
}

/** A place whose DAG folder is `dags`, for daemons. Whatever they are when the test ends, they end with it. */
export interface Yard extends Place {
  /** Starts a daemon; `ready` waits until it says that it is. */
  daemon(args?: readonly string[], options?: FlowOptions): Daemon;
  ready(args?: readonly string[], options?: FlowOptions): Promise<Daemon>;
  /** SQL over the database of the home, while others write to it. */
  rows(sql: string): Row[];
  /** Changes the database behind flow's back: only while no daemon runs. */
  change(sql: string): void;
  /** Keeps everybody from writing until it is called. */
  lock(): () => void;
  ticks(dag: string): Tick[];
  /** State by run, in the order in which they were recorded. */
  states(): string[];
  /** Lines that steps have written to `dags/effects`. */
  effects(): string[];
}

type WhenFinished = (clean: () => void | Promise<void>) => void;

/** A concurrent test hands in its own `onTestFinished`. */
export function yard(whenFinished: WhenFinished): Yard {
  const at = place(whenFinished);
  const daemons: Daemon[] = [];
  // What was registered last runs first: nobody writes any more when the place goes.
  whenFinished(async () => {
    for (const one of daemons) one.kill('SIGKILL');
    await Promise.all(daemons.map(({ ended }) => ended));
  });
  const database = join(at.home, 'flow.db');
  const withDatabase = <T>(mode: 'read' | 'write', work: (db: ReturnType<typeof open>) => T): T => {
    const db = open(database, mode);
    try {
      return work(db);
    } finally {
      db.close();
    }
  };
  const self: Yard = {
    ...at,
    daemon(args = [], options = {}) {
      const started = start(at, args, options);
      daemons.push(started);
      return started;
    },
    async ready(args, options) {
      const started = self.daemon(args, options);
      await eventually(() => started.said('scheduler ready'));
      return started;
    },
    rows: (sql) => (existsSync(database) ? withDatabase('read', (db) => db.prepare(sql).all()) : []),
    change: (sql) => withDatabase('write', (db) => db.exec(sql)),
    lock() {
      const db = open(database, 'write');
      db.exec('begin immediate');
      return () => db.close();
    },
    ticks: (dag) =>
      self.rows(
        `select dag, kind, scheduled_at as at, outcome, reason, message, run, decided_at as decided, count
        from tick where dag = '${dag}' order by scheduled_at, kind`,
      ) as unknown as Tick[],
    states: () => self.rows('select state from run order by rowid').map(({ state }) => String(state)),
    effects: () =>
      existsSync(join(at.dir, 'dags/effects')) ? at.read('dags/effects').split('\n').slice(0, -1) : [],
  };
  return self;
}

function open(path: string, mode: 'read' | 'write') {
  const db = loadDriver(chooseDriver())(path, mode);
  db.exec('pragma busy_timeout = 5000');
  return db;
}

function start(at: Place, args: readonly string[], options: FlowOptions): Daemon {
  const { child, log: text, signal, drain } = spawnDaemon(at, args, options);
  const log = (): LogLine[] => {
    const whole = text().split('\n').slice(0, -1);
    return whole.map((line) => JSON.parse(line) as LogLine);
  };
  return {
    pid: child.pid ?? 0,
    ended: child.then(({ exitCode }) => exitCode),
    log,
    said: (part) => log().some(({ message }) => message.includes(part)),
    kill(name) {
      if (child.exitCode === null && child.signalCode === null) signal(name);
    },
    drain,
  };
}
