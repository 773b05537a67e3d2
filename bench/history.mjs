// Milliseconds that reading commands take over bare node with many runs in the store (RELIABILITY.md E15), beside a
// store with one run. The runs are copies of a real one with all its rows, written by one transaction of SQL.
// Build first (npm run build), then: node bench/history.mjs [runs] [rounds]
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const runs = Number(process.argv[2] ?? 1_000_000);
const rounds = Number(process.argv[3] ?? 15);
const bin = resolve('bin/flow.js');
const folder = mkdtempSync(join(tmpdir(), 'flow-bench-'));
const [few, many] = ['few', 'many'].map((name) => join(folder, name));

const COMMANDS = [
  ['history'],
  ['history', 'dag-7'],
  ['history', '--status', 'failed'],
  ['history', '--status', 'interrupted'],
  ['history', '--since', '1h'],
  ['history', '--label', 'team=none'],
  ['status', 'last'],
  ['status', 'dag-7'],
  ['status', 'LAST_8'],
  ['logs', 'last'],
  ['why', 'last', 'a'],
  ['doctor'],
];

/** A function of this process that runs SQL on a database. */
async function opened(path) {
  try {
    const { DatabaseSync } = await import('node:sqlite');
    return new DatabaseSync(path);
  } catch {
    const { default: Database } = await import('better-sqlite3');
    return new Database(path);
  }
}

function flow(home, args) {
  const env = { ...process.env, FLOW_HOME: home, FLOW_DAGS_DIR: folder };
  return spawnSync(process.execPath, [bin, ...args], { cwd: folder, env, encoding: 'utf8' });
}

/** Copies the only run of the store until there are so many, one a minute, of 20 DAGs, every tenth failed. */
async function multiply(home, count) {
  const db = await opened(join(home, 'flow.db'));
  const columns = (table) =>
    db
      .prepare(`select name from pragma_table_info('${table}')`)
      .all()
      .map(({ name }) => name);
  const id =
    "printf('%08x-%04x-7000-8000-%012x', copy / 65536, copy % 65536, copy * 2654435761 % 281474976710656)";
  const changed = {
    run: {
      id,
      dag: "'dag-' || (copy % 20)",
      state: "iif(copy % 10 = 3, 'failed', 'succeeded')",
      created_at: 'created_at - copy * 60000',
      started_at: 'started_at - copy * 60000',
      finished_at: 'finished_at - copy * 60000',
    },
    event: { seq: 'null' },
  };
  db.exec('pragma synchronous = off; pragma cache_size = -200000; begin');
  for (const table of ['run', 'attempt', 'step', 'step_try', 'event']) {
    const names = columns(table);
    const values = names.map((name) => changed[table]?.[name] ?? (name === 'run' ? id : name));
    db.exec(`create temp table one as select * from ${table};
      with recursive number (copy) as (select 1 union all select copy + 1 from number where copy < ${count})
      insert into ${table} (${names.join(', ')}) select ${values.join(', ')} from number, one;
      drop table one;`);
  }
  db.exec('commit; pragma wal_checkpoint(truncate)');
  db.close();
}

function elapsed(args, env) {
  const start = performance.now();
  const { status, error, stderr } = spawnSync(process.execPath, args, { cwd: folder, env, encoding: 'utf8' });
  const time = performance.now() - start;
  if (error !== undefined || status > 1)
    throw error ?? new Error(`${args.join(' ')}: exit ${status}: ${stderr}`);
  return time;
}

/** Milliseconds, the median of all rounds; each round takes every command once, so that noise falls on all alike. */
function measured(cases) {
  const times = cases.map(() => []);
  for (let round = 0; round < rounds; round++)
    cases.forEach(([args, env], i) => times[i].push(elapsed(args, env)));
  return times.map((all) => all.sort((a, b) => a - b)[Math.floor(all.length / 2)]);
}

try {
  writeFileSync(join(folder, 'dag-0.yaml'), 'labels: {team: some}\nsteps: [{id: a, run: echo a}]\n');
  for (const home of [few, many]) {
    mkdirSync(home, { mode: 0o700 });
    if (flow(home, ['run', 'dag-0.yaml', '-q']).status !== 0) throw new Error('the first run failed');
  }
  await multiply(few, 20);
  const begin = performance.now();
  await multiply(many, runs);
  const size = statSync(join(many, 'flow.db')).size / 2 ** 30;
  const took = (performance.now() - begin) / 1000;
  console.log(`node ${process.version}, ${cpus().length} cores, median of ${rounds} rounds`);
  console.log(`${runs} runs, ${size.toFixed(1)} GiB, made in ${took.toFixed(0)} s\n`);
  for (const command of COMMANDS) {
    const cases = [few, many].map((home) => {
      const last = flow(home, [
        'sql',
        '--csv',
        'select id from run order by created_at desc limit 1 offset 9',
      ]);
      const short = last.stdout.trim().slice(-8);
      const args = command.map((word) => (word === 'LAST_8' ? short : word));
      return [[bin, ...args], { ...process.env, FLOW_HOME: home, FLOW_DAGS_DIR: folder }];
    });
    const [bare, a, b] = measured([[['-e', '0'], process.env], ...cases]);
    const over = (time) => `${(time - bare).toFixed(0)} ms (${(time / bare).toFixed(1)})`.padEnd(16);
    console.log(
      `flow ${command.join(' ').padEnd(28)} 21 runs: ${over(a)} ${runs}: ${over(b)} bare ${bare.toFixed(0)} ms`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
