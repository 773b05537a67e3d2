import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';

/** `FLOW_SIM_RUNS` chooses how many seeds are played. */
const RUNS = Number(process.env['FLOW_SIM_RUNS'] ?? 300);
const MINUTES = 60_000;

interface Totals {
  readonly schedules: number;
  readonly crashes: number;
  readonly failed: number;
}

/** Plays in processes of its own; the last line has the totals, what comes before it tells what was violated. */
async function play(args: readonly string[]): Promise<Totals> {
  const child = spawn(process.execPath, ['scripts/sim.mjs', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [out, [code]] = await Promise.all([
    text(child.stdout),
    once(child, 'exit') as Promise<[number | null]>,
  ]);
  expect(code, out).toBe(0);
  return JSON.parse(out.trimEnd().split('\n').at(-1) ?? '') as Totals;
}

test('seeds that have failed once hold', { timeout: 5 * MINUTES }, async () => {
  expect((await play(['--found'])).failed).toBe(0);
});

/** Thousands of schedules: only when asked for. */
const isLong = process.env['FLOW_SIM_EXHAUSTIVE'] !== undefined;

test.runIf(isLong)(
  'every crash point of small DAGs, two deep (RELIABILITY.md §3.9)',
  { timeout: 15 * MINUTES },
  async () => {
    const { schedules, crashes, failed } = await play(['--exhaustive']);
    expect(failed).toBe(0);
    expect(schedules).toBeGreaterThan(1_000);
    expect(crashes).toBeGreaterThan(schedules / 2);
  },
);

test('daemons that have failed once hold', { timeout: 5 * MINUTES }, async () => {
  expect((await play(['--daemons', '--found'])).failed).toBe(0);
});

/** A daemon plays many runs: one seed in so many of the others. */
const DAEMONS = Math.ceil(RUNS / 5);

test(`${DAEMONS} seeds of daemons, with clock jumps and rivals (P6)`, { timeout: 30 * MINUTES }, async () => {
  const { schedules, crashes, failed } = await play(['--daemons', '--runs', String(DAEMONS)]);
  expect(failed).toBe(0);
  expect(schedules).toBe(DAEMONS);
  expect(crashes).toBeGreaterThan(DAEMONS / 2);
});

test(`${RUNS} seeds (RELIABILITY.md §8.3)`, { timeout: 30 * MINUTES }, async () => {
  const { schedules, crashes, failed } = await play(['--runs', String(RUNS)]);
  expect(failed).toBe(0);
  expect(schedules).toBe(RUNS);
  expect(crashes).toBeGreaterThan(RUNS / 2);
});
