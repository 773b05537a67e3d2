import type { Dag } from '../../core/dag.ts';
import { downstream } from '../../core/graph.ts';
import { startRun } from '../../engine/start.ts';
import { EXIT, type ExitCode } from '../../errors/exit-codes.ts';
import { dryRunLines } from '../../report/plan-text.ts';
import type { Context } from '../context.ts';
import { runOptions } from '../../machine/machine.ts';
import { inForeground } from '../foreground.ts';
import { hintInterrupted } from '../hints.ts';
import { newRun, type NewRunFlags } from '../new-run.ts';
import { checkOutputFlags, outputMode, type OutputFlags } from '../reporting.ts';
import { findStep } from '../run-argument.ts';
import { usageError } from '../usage.ts';

export interface RunFlags extends OutputFlags, NewRunFlags {
  readonly output?: string;
  readonly dryRun?: boolean;
  readonly only?: string[];
  readonly from?: string;
}

/** `flow run DAG [PARAM...]`: everything that can be wrong is found before anything is recorded. */
export async function run(
  context: Context,
  argument: string,
  words: readonly string[],
  flags: RunFlags,
): Promise<ExitCode> {
  checkOutputFlags(flags.output, flags);
  outputMode(context, flags);
  const { request, dag } = await newRun(context, argument, words, flags);
  const selected = selectedSteps(dag, flags);
  if (flags.dryRun === true) {
    const lines = dryRunLines({ dag, params: request.params, selected }, context.paintOut);
    context.out.write(`${lines.join('\n')}\n`);
    return EXIT.ok;
  }
  return inForeground(context, dag, flags, async (deps, begun) => {
    await hintInterrupted(context, deps, dag.name);
    return startRun(deps, { ...request, selected }, runOptions(context), begun);
  });
}

/** The steps of `--only` or `--from` (CLI.md §3), null when all are to run. */
function selectedSteps(dag: Dag, flags: Pick<RunFlags, 'only' | 'from'>): number[] | null {
  if (flags.only !== undefined && flags.from !== undefined) {
    throw usageError('--only and --from cannot be combined');
  }
  const ascending = (numbers: Iterable<number>): number[] => [...new Set(numbers)].sort((a, b) => a - b);
  if (flags.only !== undefined)
    return ascending(flags.only.map((word) => findStep(dag.steps, word, '--only').number));
  if (flags.from === undefined) return null;
  return ascending(downstream(dag.steps, [findStep(dag.steps, flags.from, '--from').number]));
}
