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
let database: Connection | null = null;

/** The same for every plan: what happens depends on nothing that happened before. */
export function emptyDatabase(): Connection {
  database ??= openDatabase();
  for (const table of [
    'tick',
    'cursor',
    'suspended',
    'event',
    'task',
    'step_try',
    'step',
    'attempt',
    'run',
    'definition',
  ]) {
    database.exec(`delete from ${table}`);
  }
  return database;
}

/** Promises of dead processes are never awaited; all others are bugs. */
export const stray: unknown[] = [];
process.on('unhandledRejection', (error) => {
  if (!(error instanceof Crash)) stray.push(error);
});

/** Plays a plan to its end. */
export async function simulate(plan: Plan): Promise<Result> {
  const simulation = new Simulation(emptyDatabase(), plan, `sim-${plan.seed}`);
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
  for (const error of stray.splice(0))
    monitor.fail(`unhandled: ${error instanceof Error ? (error.stack ?? '') : String(error)}`);
  for (const flow of simulation.flows) flow.end();
  return { violations: monitor.violations, simulation };
}
