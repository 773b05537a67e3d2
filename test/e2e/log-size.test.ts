import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { BIN, place } from '../support/flow.ts';
import type { Place } from '../support/flow.ts';

/** The middle of `seq 1 20000` as it is kept within 1,000 bytes. */
const ALL = Array.from({ length: 20_000 }, (_, i) => `${i + 1}\n`).join('');
const LINE = `[flow: ${ALL.length - 1_000} bytes left out here, see max_log_size]\n`;
const KEPT = `${ALL.slice(0, 500)}${ALL[499] === '\n' ? '' : '\n'}${LINE}${ALL.slice(-500)}`;
const LIMIT = { FLOW_MAX_LOG_SIZE: '1000' };

/** A secret makes the output pass through the pipe process. */
const SECRET = 'secrets: [{name: TOKEN, provider: command, key: echo s3cr3t}]\n';

function logs(at: Place): Record<string, string> {
  const folder = join(at.home, 'logs', 'r-1');
  return Object.fromEntries(
    readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
  );
}

describe.each([
  ['straight into its file', ''],
  ['through the pipe process', SECRET],
])('max_log_size (CLI.md §7, RELIABILITY.md F1), output %s', (_, head) => {
  test('first and last half of each log are kept, with a line and a warning; the step succeeds', async () => {
    const at = place();
    at.write('dag.yaml', `${head}steps: [{id: a, run: 'seq 1 20000; seq 1 20000 >&2; echo short'}]\n`);
    const { code, stderr } = await at.flow(['run', 'dag.yaml', '--run-id', 'r-1'], { env: LIMIT });
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stderr).toMatch(/\[W504\].* the log of stdout /);
    expect(stderr).toMatch(/\[W504\].* the log of stderr /);
    const both = Object.values(logs(at)).filter((text) => text.includes('left out here'));
    expect(both).toHaveLength(2);
    expect(both).toContain(KEPT);
    // Nothing is left beside them.
    expect(Object.keys(logs(at)).filter((name) => name.endsWith('.new'))).toEqual([]);
    expect((await at.flow(['logs', 'r-1', 'a', '--stderr'])).stdout).toBe(KEPT);
  });

  test('what a step publishes is read from the whole log', async () => {
    const at = place();
    at.write(
      'dag.yaml',
      `${head}type: chain
steps:
  - {id: a, run: seq 1 20000, output: ALL}
  - {id: b, run: 'test "$(printf %s "$ALL" | cksum)" = "$(seq 1 20000 | head -c -1 | cksum)"'}
`,
    );
    const { code, stderr } = await at.flow(['run', 'dag.yaml', '--run-id', 'r-1'], { env: LIMIT });
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(Object.values(logs(at))).toContain(KEPT);
  });

  test('a log of exactly that size is kept as it is', async () => {
    const at = place();
    at.write('dag.yaml', `${head}steps: [{id: a, run: 'head -c 1000 /dev/zero'}]\n`);
    const { code, stderr } = await at.flow(['run', 'dag.yaml', '--run-id', 'r-1'], { env: LIMIT });
    expect([code, stderr]).toEqual([0, expect.not.stringContaining('W504')]);
    expect(Object.values(logs(at))).toContain('\0'.repeat(1_000));
  });
});

test('F1: while the step still runs, a log that goes straight into its file is warned about', async () => {
  const at = place();
  at.write('dag.yaml', `steps: [{id: a, run: 'seq 1 20000; until test -e go; do sleep 0.02; done'}]\n`);
  const running = at.spawn(['run', 'dag.yaml', '--run-id', 'r-1'], { env: LIMIT });
  await eventually(async () => (await at.flow(['events', 'r-1'])).stdout.includes('has passed max_log_size'));
  expect(Object.values(logs(at)).some((text) => text === ALL)).toBe(true);
  at.write('go', '');
  const { exitCode, stderr } = await running;
  expect([exitCode, stderr.match(/W504/g)?.length]).toEqual([0, 1]);
  expect(Object.values(logs(at))).toContain(KEPT);
});

test('the file says it too, and a bad size is refused', async () => {
  const at = place();
  at.write('flow.config.yaml', 'max_log_size: 1000\n');
  at.write('dag.yaml', `steps: [{id: a, run: seq 1 20000}]\n`);
  expect((await at.flow(['run', 'dag.yaml', '--run-id', 'r-1'])).code).toBe(0);
  expect(Object.values(logs(at))).toContain(KEPT);
  expect((await at.flow(['run', 'dag.yaml'], { env: { FLOW_MAX_LOG_SIZE: '100M' } })).code).toBe(2);
});

/** The most memory that a process has had, in bytes. */
function peak(pid: number): number {
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) * 1024;
}

/** The pipe process of a run below this place. */
function pipeProcess(at: Place): number {
  const found = execFileSync('sh', ['-c', 'grep -lz __pipe /proc/[0-9]*/cmdline 2>/dev/null || true'], {
    encoding: 'utf8',
  });
  const pids = [...found.matchAll(/\/proc\/(\d+)\//g)].map(([, pid]) => Number(pid));
  const own = pids.filter((pid) => {
    try {
      // The text of the wrapper names it as well.
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
      return words.includes('__pipe') && environment.includes(`FLOW_PIPE={"dir":"${at.home}`);
    } catch {
      return false;
    }
  });
  expect(own).toHaveLength(1);
  return own[0] ?? 0;
}

const MEGABYTE = 1024 * 1024;
const SIZE = (process.env['FLOW_TEST_BIG'] === '1' ? 1_024 : 64) * MEGABYTE;

describe.skipIf(process.platform !== 'linux')(`F1: ${SIZE / MEGABYTE} MB on standard output`, () => {
  test.each([
    ['straight into its file', ''],
    ['through the pipe process', SECRET],
  ])('%s: bounded memory, and a bounded file', { timeout: 600_000 }, async (_, head) => {
    const at = place();
    at.write(
      'dag.yaml',
      `${head}steps: [{id: a, run: 'head -c ${SIZE} /dev/zero; touch written; until test -e go; do sleep 0.02; done'}]\n`,
    );
    const { PATH = '' } = process.env;
    const env = { PATH, HOME: at.dir, FLOW_HOME: at.home, FLOW_MAX_LOG_SIZE: String(MEGABYTE) };
    // What it prints is read and thrown away: no text in memory can hold a gigabyte.
    const running = spawn(process.execPath, [BIN, 'run', 'dag.yaml', '--quiet', '--run-id', 'r-1'], {
      ...{ cwd: at.dir, env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.stdout.resume();
    const ended = Promise.all([once(running, 'close'), text(running.stderr)]);
    await eventually(() => existsSync(join(at.dir, 'written')));
    const memory = [peak(running.pid ?? 0), ...(head === '' ? [] : [peak(pipeProcess(at))])];
    at.write('go', '');
    const [closed, stderr] = await ended;
    expect({ closed, stderr }).toMatchObject({ closed: [0, null] });
    // An empty step takes about 80 MB; 64, 1,024 and 3,072 MB of output all take about 112.
    for (const bytes of memory) expect(bytes).toBeLessThan(160 * MEGABYTE);
    const folder = join(at.home, 'logs', 'r-1');
    const sizes = readdirSync(folder).map((name) => statSync(join(folder, name)).size);
    expect(Math.max(...sizes)).toBeGreaterThan(MEGABYTE);
    expect(Math.max(...sizes)).toBeLessThan(MEGABYTE + 200);
  });
});
