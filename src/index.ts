import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe } from './lib/dag.ts';
import { dagSetup } from './lib/options.ts';
import { publicError } from './lib/publish.ts';
import { goOn } from './lib/resume.ts';
import { startNew } from './lib/run.ts';
import { follow } from './lib/subscribe.ts';
import type {
  Dag,
  FlowEvent,
  LoadOptions,
  ResumeOptions,
  RunOptions,
  RunResult,
  SubscribeOptions,
} from './lib/types.ts';

export { FlowError } from './lib/error.ts';
export type * from './lib/types.ts';

/**
 * Reads and checks a DAG file; runs nothing and prints nothing.
 * @param file a path, as `flow run` takes it, or a `file:` URL
 * @throws FlowError (exitCode 2) with everything that is wrong with the file
 * @example const dag = await loadDag('etl.yaml'); console.log(dag.steps.map((step) => step.name));
 */
export async function loadDag(file: string | URL, options: LoadOptions = {}): Promise<Dag> {
  return await publicly(undefined, () => describe(dagSetup(options), file));
}

/**
 * Runs a DAG to the end of its attempt, in this process: each step is recorded as by `flow run`, and the same commands
 * show it. A run that fails is a result. When the promise settles, nothing is left open.
 * @param dag what `loadDag` returned, which runs as it was loaded, or a file
 * @throws FlowError: exitCode 2 nothing was recorded; 5 another process took the run over; 70 a fault, resume it later
 * @example const {state, outputs} = await run('etl.yaml', {params: {day: '2026-11-22'}});
 */
export async function run(dag: Dag | string | URL, options: RunOptions = {}): Promise<RunResult> {
  return await publicly(options.signal, () => startNew(flowCommand(), dag, options));
}

/**
 * Goes on with a run that did not succeed, where it stopped: steps that succeeded are not done again, one that still
 * runs is taken over. A run that succeeded is returned as it is.
 * @param which the whole id of a run, or a DAG: its newest run that can be resumed
 * @throws FlowError: exitCode 2 there is no such run; 5 a living process has it; 70 a fault, resume it later
 * @example const result = await resume(id);
 */
export async function resume(which: Dag | string, options: ResumeOptions = {}): Promise<RunResult> {
  return await publicly(options.signal, () => goOn(flowCommand(), which, options));
}

/**
 * Follows the journal, also what other processes write: each event once, in order. With `run` it ends when that run has
 * ended, is interrupted or waits for a person; else only by the signal, or when the loop is left.
 * @throws FlowError (exitCode 2) when there is no such run
 * @example for await (const event of subscribe({run: id, after: lastSeq})) lastSeq = event.seq;
 */
export async function* subscribe(options: SubscribeOptions = {}): AsyncGenerator<FlowEvent, void, undefined> {
  try {
    yield* follow(options);
  } catch (error) {
    throw publicError(error, options.signal);
  }
}

async function publicly<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw publicError(error, signal);
  }
}

/** How the helpers of flow are started: by its own program, which lies beside this file in the package. */
function flowCommand(): string[] {
  const program = fileURLToPath(new URL('../bin/flow.js', import.meta.url));
  if (existsSync(program)) return [process.execPath, program];
  throw new Error(`${program} is missing: a bundler has to leave the package flow as it is`);
}
