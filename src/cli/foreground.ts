import { shortId } from '../base/ids.ts';
import type { Dag } from '../core/dag.ts';
import { Left } from '../engine/execution.ts';
import { Places } from '../engine/places.ts';
import type { EngineDeps, Execution, RunOptions } from '../engine/types.ts';
import { flowError } from '../errors/diagnostic.ts';
import { EXIT, type ExitCode } from '../errors/exit-codes.ts';
import { Fenced, RunExists } from '../store/store.ts';
import type { Context } from './context.ts';
import { exitCodeOf } from './outcome.ts';
import { deleteOlderRuns } from './prune.ts';
import { makeReporter, type OutputFlags } from './reporting.ts';
import { openMachine } from './wiring.ts';

type Signal = 'sigint' | 'sigterm' | 'sighup';

/** Settings of one attempt (CLI.md §3). */
export function runOptions({ config }: Context): RunOptions {
  return { places: new Places(config.jobs, config.maxProcesses), onFailure: config.onFailure };
}

/**
 * Drives one attempt in the foreground: shows it, passes signals on, and answers with the exit code that its final
 * record means. `start` records the attempt and reports it as begun: signals go there from then on.
 */
export async function inForeground(
  context: Context,
  dag: Dag,
  flags: OutputFlags,
  start: (deps: EngineDeps, begun: (execution: Execution) => void) => Promise<Execution>,
): Promise<ExitCode> {
  const reporter = makeReporter(context, dag, flags);
  const machine = await openMachine(context);
  const signals = new Signals(context);
  let left = false;
  try {
    const begun = (execution: Execution): void => {
      context.progress.run = execution.run;
      signals.passTo(execution);
    };
    const deps = machine.deps(reporter);
    const execution = await start(deps, begun);
    const snapshot = await execution.ended;
    reporter.finish(snapshot);
    await deleteOlderRuns(context, deps, dag, snapshot);
    return exitCodeOf(snapshot.run);
  } catch (error) {
    if (!(error instanceof Left)) throw explained(error);
    left = true;
    return signals.exitCode();
  } finally {
    signals.close();
    const closed = machine.close();
    // At the third signal flow leaves at once, also when the database cannot be written any more.
    if (left) closed.catch(() => undefined);
    else await closed;
  }
}

function explained(error: unknown): unknown {
  if (error instanceof Fenced) {
    return flowError(EXIT.busy, 'E006', `${error.message}; this process writes nothing more`);
  }
  if (error instanceof RunExists) return flowError(EXIT.usage, 'E005', error.message);
  return error;
}

/** Hands signals to an execution, also those that came before it was there, and says what they do (CLI.md §6). */
class Signals {
  readonly #context: Context;
  readonly #stop: () => void;
  readonly #early: Signal[] = [];
  #execution: Execution | null = null;
  #count = 0;
  #last: Signal = 'sigterm';

  constructor(context: Context) {
    this.#context = context;
    this.#stop = context.onSignal((signal) => this.#receive(signal));
  }

  passTo(execution: Execution): void {
    this.#execution = execution;
    for (const signal of this.#early.splice(0)) execution.stop(signal);
  }

  /** The code of a process that left at the third signal. */
  exitCode(): ExitCode {
    return this.#last === 'sigint' ? EXIT.interrupted : EXIT.terminated;
  }

  close(): void {
    this.#stop();
  }

  #receive(signal: Signal): void {
    this.#last = signal;
    this.#count += 1;
    this.#say(signal);
    if (this.#execution === null) this.#early.push(signal);
    else this.#execution.stop(signal);
  }

  #say(signal: Signal): void {
    const { err, paintErr } = this.#context;
    const again = signal === 'sigint' ? 'Ctrl-C again' : 'another signal';
    const id = this.#execution === null ? '' : ` ${shortId(this.#execution.run)}`;
    const lines = [
      `stopping: running steps are ended, then the handlers run; ${again} kills at once`,
      `killing: handlers are skipped; ${again} leaves at once`,
      `leaving: what runs goes on; \`flow resume${id}\` takes it over`,
    ];
    const line = lines[Math.min(this.#count, lines.length) - 1] ?? '';
    err.write(`${paintErr('aborted', `■ ${line}`)}\n`);
  }
}
