import { shortId } from '../../base/ids.ts';
import type { Dag } from '../../core/dag.ts';
import { downstream } from '../../core/graph.ts';
import type { Decision } from '../../core/plan-types.ts';
import type { Snapshot } from '../../core/records.ts';
import { ownRun } from '../../engine/run-folders.ts';
import { startRun } from '../../engine/start.ts';
import { EXIT, type ExitCode } from '../../errors/exit-codes.ts';
import { resumePlanLines } from '../../report/plan-text.ts';
import type { Context } from '../context.ts';
import { inForeground, runOptions } from '../foreground.ts';
import { parseLabel } from '../labels.ts';
import { runPlaces } from '../places.ts';
import { storedDag, tellChanged } from '../read-dag.ts';
import { checkOutputFlags, outputMode, type OutputFlags } from '../reporting.ts';
import { findRun, findStep } from '../run-argument.ts';
import { notYet } from '../usage.ts';
import { withReading } from '../wiring.ts';
import { takesNoParams } from './resume.ts';
import { newRunId } from './run.ts';

export interface RerunFlags extends OutputFlags {
  readonly from?: string;
  readonly updated?: boolean;
  readonly dryRun?: boolean;
  readonly output?: string;
  readonly runId?: string;
  readonly label?: string[];
}

/** `flow rerun RUN` (LANGUAGE.md §22.5): a new run, with `--from STEP` on the results that came before STEP. */
export async function rerun(
  context: Context,
  hasParams: boolean,
  argument: string,
  flags: RerunFlags,
): Promise<ExitCode> {
  if (hasParams) throw takesNoParams('rerun');
  if (flags.updated === true) throw notYet('--updated');
  checkOutputFlags(flags.output, flags);
  const mode = outputMode(context, flags);
  const id = newRunId(context, flags.runId);
  const labels = (flags.label ?? []).map(parseLabel);
  const { old, dag, definition } = await withReading(context, async ({ store }) => {
    const snapshot = await findRun(store, argument, runPlaces(context));
    return { old: snapshot, ...(await storedDag(store, snapshot)) };
  });
  tellChanged(context, old.run, definition);
  const reused = flags.from === undefined ? [] : reusable(dag, old, flags.from);
  if (flags.dryRun === true || (mode === 'plain' && !context.quiet && flags.from !== undefined)) {
    const [sink, paint] =
      flags.dryRun === true ? [context.out, context.paintOut] : [context.err, context.paintErr];
    const head = `${paint('bold', old.run.dag)}  rerun of ${shortId(old.run.id)}`;
    sink.write(`${[head, ...resumePlanLines(decisions(dag, old, reused), paint)].join('\n')}\n`);
    if (reused.length > 0)
      sink.write(`  ${paint('dim', 'scratch directory and artifacts are not copied')}\n`);
    if (flags.dryRun === true) return EXIT.ok;
  }
  const { file, params, unresolved } = old.run;
  const request = {
    ...{ id, dag, definition, file, params, unresolved },
    labels: Object.fromEntries([...dag.labels, ...labels]),
    trigger: 'manual' as const,
    ...ownRun(dag, file),
    selected: null,
    reuse: flags.from === undefined ? null : { from: old, steps: reused },
  };
  return inForeground(context, dag, flags, (deps, begun) =>
    startRun(deps, request, runOptions(context), begun),
  );
}

/** Succeeded and skipped steps that are neither `from` nor downstream of it. */
function reusable(dag: Dag, { steps }: Snapshot, from: string): number[] {
  const again = downstream(dag.steps, [findStep(dag.steps, from, '--from').number]);
  return steps
    .filter((step) => step.kind === 'step' && (step.state === 'succeeded' || step.state === 'skipped'))
    .map((step) => step.number)
    .filter((number) => !again.has(number));
}

function decisions(dag: Dag, old: Snapshot, reused: readonly number[]): Decision[] {
  const kept = new Set(reused);
  return dag.steps.map(({ number, label }) =>
    kept.has(number)
      ? { step: number, label, verdict: 'keep', why: `reused from ${shortId(old.run.id)}` }
      : { step: number, label, verdict: 'run', why: '' },
  );
}
