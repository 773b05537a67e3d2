import { randomBytes } from 'node:crypto';
import { RUN_ID_PATTERN, uuidv7 } from '../../base/ids.ts';
import type { Dag } from '../../core/dag.ts';
import { downstream } from '../../core/graph.ts';
import { ownRun } from '../../engine/run-folders.ts';
import { startRun } from '../../engine/start.ts';
import { flowError } from '../../errors/diagnostic.ts';
import { EXIT, type ExitCode } from '../../errors/exit-codes.ts';
import { dryRunLines } from '../../report/plan-text.ts';
import type { Context } from '../context.ts';
import { inForeground, runOptions } from '../foreground.ts';
import { hintInterrupted } from '../hints.ts';
import { parseLabel } from '../labels.ts';
import { givenParams, type ParamFlags } from '../params.ts';
import { readDag } from '../read-dag.ts';
import { checkOutputFlags, outputMode, type OutputFlags } from '../reporting.ts';
import { findStep } from '../run-argument.ts';
import { usageError } from '../usage.ts';

export interface RunFlags extends OutputFlags, ParamFlags {
  readonly runId?: string;
  readonly name?: string;
  readonly label?: string[];
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
  const id = newRunId(context, flags.runId);
  const given = (flags.label ?? []).map(parseLabel);
  const { dag, definition, file } = await readDag(context, argument, { name: flags.name, warnings: true });
  const params = givenParams(context, dag, words, flags);
  const selected = selectedSteps(dag, flags);
  if (flags.dryRun === true) {
    const lines = dryRunLines({ dag, params, selected }, context.paintOut);
    context.out.write(`${lines.join('\n')}\n`);
    return EXIT.ok;
  }
  const request = {
    ...{ id, dag, definition, params, selected },
    labels: Object.fromEntries([...dag.labels, ...given]),
    file: file.path,
    trigger: 'manual' as const,
    ...ownRun(dag, file.path),
    unresolved: context.config.unresolved,
    reuse: null,
  };
  return inForeground(context, dag, flags, async (deps, begun) => {
    await hintInterrupted(context, deps, dag.name);
    return startRun(deps, request, runOptions(context), begun);
  });
}

/** The id of a new run: the given one, checked (E004), else a new UUID. */
export function newRunId({ clock }: Context, given: string | undefined): string {
  if (given === undefined) return uuidv7(clock.wall(), randomBytes);
  if (RUN_ID_PATTERN.test(given)) return given;
  throw flowError(EXIT.usage, 'E004', `run id "${given}" must match ${RUN_ID_PATTERN.source}`);
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
