import type { Connection } from '../../src/store/sqlite/driver.ts';
import { openDatabase } from './database.ts';
import { Crash } from './flow-process.ts';
import type { Plan } from './generate.ts';
import { Operator } from './operator.ts';
import { Simulation } from './simulation.ts';
import { Hang } from './time.ts';

export interface Result {
  readonly violations: readonly string[];
  readonly simulation: Simulation;
}

/** A week of virtual time; no plan asks for more than minutes. */
const LIMITS = { ms: 7 * 86_400_000, events: 200_000 };
/** After so many runs a new database is cheaper than the old one. */
const RUNS_PER_DATABASE = 200;

let database: { readonly db: Connection; runs: number } | null = null;
let count = 0;

function nextDatabase(): Connection {
  if (database !== null && database.runs >= RUNS_PER_DATABASE) {
    database.db.close();
    database = null;
  }
  database ??= { db: openDatabase(), runs: 0 };
  database.runs += 1;
  return database.db;
}

/** Promises of dead processes are never awaited; all others are bugs. */
const stray: unknown[] = [];
process.on('unhandledRejection', (error) => {
  if (!(error instanceof Crash)) stray.push(error);
});

/** Plays a plan to its end. */
export async function simulate(plan: Plan): Promise<Result> {
  const simulation = new Simulation(nextDatabase(), plan, `sim-${plan.seed}-${count++}`);
  const { monitor, time } = simulation;
  const operator = new Operator(simulation);
  let failed = false;
  operator.work().catch((error: unknown) => {
    failed = true;
    monitor.fail(`the operator failed: ${error instanceof Error ? (error.stack ?? '') : String(error)}`);
  });
  try {
    await time.runUntil(() => operator.isDone || failed || monitor.violations.length > 0, LIMITS);
  } catch (error) {
    if (!(error instanceof Hang)) throw error;
    monitor.fail(`the run never ends: ${error.message}`);
  }
  for (const error of stray.splice(0)) monitor.fail(`unhandled: ${error instanceof Error ? (error.stack ?? '') : String(error)}`);
  for (const flow of simulation.flows) flow.end();
  return { violations: monitor.violations, simulation };
}
