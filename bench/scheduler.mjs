// The daemon with thousands of DAGs: start-up, memory, idle CPU, and how late ticks of one second are.
// node bench/scheduler.mjs [--dags N] [--burst N] [--idle SECONDS]: prints a table and writes bench/scheduler.json.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const flow = resolve(root, 'bin/flow.js');
const option = (name, standard) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? standard : Number(process.argv[at + 1]);
};
const DAGS = option('dags', 10_000);
const BURST = option('burst', 1_000);
const IDLE = option('idle', 30);
const TICKS_PER_SECOND = 100;

const place = mkdtempSync(join(tmpdir(), 'flow-bench-'));
const env = { ...process.env, FLOW_HOME: join(place, 'home') };

/** Resident memory in MB and CPU seconds of a process, from /proc (proc(5)). */
function usage(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  const rss = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1];
  return {
    cpu: (Number(stat[11]) + Number(stat[12])) / TICKS_PER_SECOND,
    mb: Math.round(Number(rss) / 1024),
  };
}

async function start(folder) {
  const began = performance.now();
  const child = spawn(process.execPath, [flow, 'scheduler', '--dags', folder], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  await new Promise((ready, fail) => {
    child.stderr.on('data', (chunk) => {
      log += chunk;
      if (log.includes('scheduler ready')) ready();
    });
    child.on('exit', (code) => fail(new Error(`the daemon ended with ${code}: ${log}`)));
  });
  return { child, ms: Math.round(performance.now() - began) };
}

async function end(child) {
  child.kill('SIGTERM');
  await once(child, 'exit');
}

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const query = (sql) => JSON.parse(execFileSync(process.execPath, [flow, 'sql', sql, '--json'], { env }));
const at = (sorted, part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? null;

function bareNode() {
  const times = Array.from({ length: 7 }, () => {
    const began = performance.now();
    execFileSync(process.execPath, ['-e', '0']);
    return performance.now() - began;
  });
  return times.sort((a, b) => a - b)[3];
}

try {
  const bare = bareNode();
  const many = join(place, 'many');
  mkdirSync(many);
  // Hourly, over all minutes but the next ten: what is measured is the daemon at rest.
  const minute = new Date().getUTCMinutes() + 10;
  for (let i = 0; i < DAGS; i++) {
    const schedule = `TZ=UTC ${(minute + (i % 50)) % 60} * * * *`;
    writeFileSync(join(many, `job-${i}.yaml`), `schedule: "${schedule}"\nsteps:\n  - {id: a, run: "true"}\n`);
  }
  const idle = await start(many);
  await sleep(2_000);
  const before = usage(idle.child.pid);
  await sleep(IDLE * 1_000);
  const after = usage(idle.child.pid);
  await end(idle.child);

  rmSync(join(place, 'home'), { recursive: true });
  const burst = join(place, 'burst');
  mkdirSync(burst);
  const soon = new Date(Date.now() + 20_000);
  const second = `${soon.getUTCSeconds()} ${soon.getUTCMinutes()} ${soon.getUTCHours()} * * *`;
  for (let i = 0; i < BURST; i++) {
    writeFileSync(
      join(burst, `b-${i}.yaml`),
      `schedule: "TZ=UTC ${second}"\nsteps:\n  - {id: a, run: "true"}\n`,
    );
  }
  const busy = await start(burst);
  for (let left = 240; left > 0; left--) {
    await sleep(1_000);
    if (Date.now() < soon.getTime()) continue;
    if (query("select count(*) as n from run where state = 'succeeded'")[0].n >= BURST) break;
  }
  const peak = usage(busy.child.pid);
  await end(busy.child);
  const late = (sql) => query(sql).map(({ ms }) => ms);
  const decided = late('select decided_at - scheduled_at as ms from tick order by ms');
  const started = late(
    'select started_at - scheduled_at as ms from run where started_at is not null order by ms',
  );

  const figures = {
    node: process.version,
    bare_node_ms: Math.round(bare),
    dags: DAGS,
    ready_ms: idle.ms,
    ready_over_bare: Math.round(idle.ms / bare),
    idle_cpu_s: Math.round((after.cpu - before.cpu) * 100) / 100,
    idle_cpu_percent: Math.round(((after.cpu - before.cpu) / IDLE) * 10_000) / 100,
    idle_mb: after.mb,
    burst: BURST,
    burst_ticks: decided.length,
    tick_late_ms: { p50: at(decided, 0.5), p99: at(decided, 0.99) },
    run_late_ms: { p50: at(started, 0.5), p99: at(started, 0.99) },
    burst_mb: peak.mb,
  };
  writeFileSync(join(root, 'bench/scheduler.json'), `${JSON.stringify(figures, null, 2)}\n`);
  console.table(
    Object.entries(figures).map(([figure, value]) => ({
      figure,
      value: typeof value === 'object' ? `p50 ${value.p50}, p99 ${value.p99}` : value,
    })),
  );
} finally {
  rmSync(place, { recursive: true, force: true });
}
