import type { Dag } from '../core/dag.ts';
import { Left } from '../engine/execution.ts';
import type { EngineDeps, Execution } from '../engine/types.ts';
import type { ExitCode } from '../errors/exit-codes.ts';
import { explained } from '../machine/explained.ts';
import type { Context } from './context.ts';
import { exitCodeOf } from '../report/exit-code.ts';
import { deleteOlderRuns } from './prune.ts';
import { openDisplay, type OutputFlags } from './reporting.ts';
import { Signals } from './signals.ts';
import { usualTimes } from './usual-times.ts';
import { openMachine } from './wiring.ts';

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
  const display = openDisplay(context, dag, flags);
  const { reporter } = display;
  const machine = await openMachine(display.context);
  const signals = new Signals(display.context);
  let left = false;
  try {
    const begun = (execution: Execution): void => {
      context.progress.run = execution.run;
      signals.passTo(execution);
    };
    const deps = machine.deps(reporter);
    if (display.tellUsual !== null) display.tellUsual(await usualTimes(deps.store, dag));
    const execution = await start(deps, begun);
    const snapshot = await execution.ended;
    await reporter.finish(snapshot);
    await deleteOlderRuns(display.context, deps, dag, snapshot);
    return exitCodeOf(snapshot.run);
  } catch (error) {
    if (!(error instanceof Left)) throw explained(error);
    left = true;
    return signals.exitCode();
  } finally {
    signals.close();
    display.close();
    const closed = machine.close();
    // At the third signal flow leaves at once, also when the database cannot be written any more.
    if (left) closed.catch(() => undefined);
    else await closed;
  }
}
