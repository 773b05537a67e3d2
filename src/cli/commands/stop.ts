import { shortId } from '../../base/ids.ts';
import type { RunRecord } from '../../core/records.ts';
import { Left } from '../../engine/execution.ts';
import { stopRun, type StopEnd, type StopWatch } from '../../engine/stop-run.ts';
import type { EngineDeps, Execution } from '../../engine/types.ts';
import { EXIT, type ExitCode } from '../../errors/exit-codes.ts';
import { reasonWords, stateWords } from '../../report/words.ts';
import type { Context } from '../context.ts';
import { explained } from '../../machine/explained.ts';
import { runOptions } from '../../machine/machine.ts';
import { dagNames } from '../places.ts';
import { findRun } from '../run-argument.ts';
import { Signals } from '../signals.ts';
import { SILENT } from '../silent.ts';
import { openMachine, withReading, type Reading } from '../wiring.ts';

export interface StopFlags {
  readonly force?: boolean;
}

/** `flow stop RUN|DAG`: returns when the runs have ended, and says how (RELIABILITY.md P7, C5). */
export async function stop(context: Context, argument: string, flags: StopFlags): Promise<ExitCode> {
  const runs = await withReading(context, (reading) => targets(context, reading, argument));
  if (runs.length === 0) return EXIT.ok;
  const machine = await openMachine(context);
  const following = new Following(context);
  try {
    const deps = machine.deps(SILENT);
    const options = { ...runOptions(context), force: flags.force === true };
    const stopOne = async (run: RunRecord): Promise<boolean> => {
      const end = await stopRun(deps, run.id, options, following);
      if (!context.quiet) context.err.write(`${outcome(context, run, end)}\n`);
      return tellSurvivors(context, deps, run);
    };
    const results = await Promise.allSettled(runs.map(stopOne));
    for (const result of results) if (result.status === 'rejected') throw explained(result.reason);
    const clean = results.every((result) => result.status === 'fulfilled' && result.value);
    return clean ? EXIT.ok : EXIT.failed;
  } catch (error) {
    if (!(error instanceof Left)) throw error;
    return following.exitCode();
  } finally {
    following.close();
    await machine.close();
  }
}

/** The run that is meant; a DAG means every run of it that runs or is interrupted. */
async function targets(context: Context, { store }: Reading, argument: string): Promise<RunRecord[]> {
  const found: { dag: string | null } = { dag: null };
  const { run } = await findRun(store, argument, {
    dagNames: (dag) => dagNames(context, dag),
    newestOf: async (dag) => {
      const [newest] = await store.runs({ dag, limit: 1 });
      if (newest !== undefined) found.dag = dag;
      return newest ?? null;
    },
  });
  const { dag } = found;
  if (dag === null) return [run];
  const runs = await store.runs({ dag, states: ['running', 'aborting'], limit: 0 });
  if (runs.length === 0 && !context.quiet) {
    const others = await store.runs({ dag, states: ['queued', 'waiting'], limit: 0 });
    const ids = others.map(({ id, state }) => `${shortId(id)} (${state})`).join(', ');
    const more = others.length === 0 ? '' : `; by their ids you can stop ${ids}`;
    context.err.write(`nothing to stop: no run of ${dag} is running or interrupted${more}\n`);
  }
  return runs;
}

function outcome({ paintErr }: Context, { id, dag }: RunRecord, end: StopEnd | null): string {
  const run = `run ${shortId(id)} of ${dag}`;
  if (end === null) return `${run} had ended and was deleted`;
  const { state, reason, already } = end;
  const words = stateWords(state, paintErr);
  if (already) return `${run} had ended already: ${words}`;
  if (state === 'succeeded' || state === 'partially_succeeded')
    return `${words}: ${run} was done before the stop`;
  return `${words}: ${run}${reason === null ? '' : `, ${reasonWords(reason)}`}`;
}

/** Names what could not be killed (W503); true when nothing is left. */
async function tellSurvivors(
  { err, paintErr }: Context,
  { store }: EngineDeps,
  { id }: RunRecord,
): Promise<boolean> {
  const events = await store.events({ run: id, after: 0, limit: 0, types: ['run.aborting', 'log.warning'] });
  const since = events.findLastIndex(({ event }) => event.type === 'run.aborting');
  const left = events.slice(since + 1).flatMap(({ event }) => {
    return event.type === 'log.warning' && event.code === 'W503' ? [event.message] : [];
  });
  for (const message of left) err.write(`${paintErr('warning', 'warning[W503]')} ${message}\n`);
  return left.length === 0;
}

/** While this process ends runs itself, signals concern that; otherwise they end just the waiting for others. */
class Following implements StopWatch {
  readonly #context: Context;
  readonly #executions: Execution[] = [];
  #signals: Signals | null = null;

  constructor(context: Context) {
    this.#context = context;
  }

  begun(execution: Execution): void {
    this.#executions.push(execution);
    if (this.#signals !== null) return;
    this.#signals = new Signals(this.#context);
    const all = {
      run: execution.run,
      stop: (reason: string) => this.#executions.forEach((one) => one.stop(reason)),
    };
    this.#signals.passTo(all);
  }

  slow({ id, dag }: RunRecord, { pid }: { readonly pid: number }): void {
    const { err, paintErr } = this.#context;
    const what = `the flow process of run ${shortId(id)} of ${dag} (pid ${pid}) does not answer`;
    err.write(`${paintErr('warning', 'note:')} ${what}; if it is paused, \`kill -CONT ${pid}\` wakes it\n`);
  }

  exitCode(): ExitCode {
    return this.#signals?.exitCode() ?? EXIT.terminated;
  }

  close(): void {
    this.#signals?.close();
  }
}
