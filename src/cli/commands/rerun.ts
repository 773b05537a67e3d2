import { shortId } from '../../base/ids.ts';
import type { BoundParam, Dag } from '../../core/dag.ts';
import { freshNumbers } from '../../core/numbers.ts';
import type { Decision } from '../../core/plan-types.ts';
import type { DefinitionRecord, Snapshot } from '../../core/records.ts';
import { planReuse, type ReusePlan } from '../../core/reuse.ts';
import { planUpdate, type PlanWarning } from '../../core/update.ts';
import { ownRun } from '../../engine/run-folders.ts';
import { startRun } from '../../engine/start.ts';
import type { ReusedStep } from '../../engine/types.ts';
import { EXIT, type ExitCode } from '../../errors/exit-codes.ts';
import { resumePlanLines } from '../../report/plan-text.ts';
import type { Context } from '../context.ts';
import { runOptions } from '../../machine/machine.ts';
import { inForeground } from '../foreground.ts';
import { parseLabel } from '../labels.ts';
import { runPlaces } from '../places.ts';
import { readEdited } from '../edited-file.ts';
import { tellChanged } from '../read-dag.ts';
import { storedDag } from '../../machine/read-dag.ts';
import { newRunId } from '../../machine/new-run.ts';
import { checkOutputFlags, outputMode, type OutputFlags } from '../reporting.ts';
import { findRun, findStep } from '../run-argument.ts';
import { withReading } from '../wiring.ts';
import { takesNoParams, warn } from './resume.ts';

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
  checkOutputFlags(flags.output, flags);
  const mode = outputMode(context, flags);
  const id = newRunId(context, flags.runId);
  const labels = (flags.label ?? []).map(parseLabel);
  const asked = await withReading(context, async ({ store }) => {
    const snapshot = await findRun(store, argument, runPlaces(context));
    return { old: snapshot, ...(await storedDag(store, snapshot)) };
  });
  const { old, dag, definition, params, plan, reused, warnings } = await look(context, asked, flags);
  if (flags.dryRun === true || (mode !== 'json' && !context.quiet && flags.from !== undefined)) {
    const [sink, paint] =
      flags.dryRun === true ? [context.out, context.paintOut] : [context.err, context.paintErr];
    const head = `${paint('bold', old.run.dag)}  rerun of ${shortId(old.run.id)}`;
    sink.write(`${[head, ...resumePlanLines(plan.decisions, paint)].join('\n')}\n`);
    if (reused.length > 0)
      sink.write(`  ${paint('dim', 'scratch directory and artifacts are not copied')}\n`);
  }
  if (flags.from !== undefined) warn(context, warnings);
  if (flags.dryRun === true) return EXIT.ok;
  const { file, unresolved } = old.run;
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

interface Asked {
  readonly old: Snapshot;
  /** As it is stored with that run. */
  readonly dag: Dag;
  readonly definition: DefinitionRecord;
}

interface Looked extends Asked {
  /** Of the new run: with the numbers of a fresh one. */
  readonly dag: Dag;
  readonly params: readonly BoundParam[];
  readonly plan: ReusePlan;
  readonly reused: readonly ReusedStep[];
  readonly warnings: readonly PlanWarning[];
}

/** What the new run works from, and the results that it takes over: without `--from` none. */
async function look(
  context: Context,
  { old, dag: stored, definition }: Asked,
  flags: RerunFlags,
): Promise<Looked> {
  const edited = flags.updated === true ? await readEdited(context, old.run, stored) : null;
  if (edited === null) tellChanged(context, old.run, definition);
  const update = edited === null ? null : planUpdate(stored, edited.dag, old);
  const dag = update?.dag ?? stored;
  const from = flags.from === undefined ? null : findStep(dag.steps, flags.from, '--from').number;
  const plan =
    from === null
      ? { decisions: runAll(dag), reused: new Set<number>() }
      : planReuse({ dag, from, update, snapshot: old, shownAs: shortId(old.run.id) });
  const reused = dag.steps.flatMap(({ number }, i) =>
    plan.reused.has(number) ? [{ step: i + 1, was: number }] : [],
  );
  return {
    old,
    dag: freshNumbers(dag),
    definition: edited?.definition ?? definition,
    params: edited?.params ?? old.run.params,
    ...{ plan, reused, warnings: update?.warnings ?? [] },
  };
}

function runAll(dag: Dag): Decision[] {
  return dag.steps.map(({ number, label }) => ({ step: number, label, verdict: 'run', why: '' }));
}
