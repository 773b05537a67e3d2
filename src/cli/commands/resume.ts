import { shortId } from '../../base/ids.ts';
import type { Dag } from '../../core/dag.ts';
import type { EventOf } from '../../core/events.ts';
import type { Snapshot } from '../../core/records.ts';
import type { ResumePlan } from '../../core/resume.ts';
import { runOwned } from '../../core/states.ts';
import type { PlanWarning } from '../../core/update.ts';
import { lookAhead, newestResumable } from '../../engine/resumable.ts';
import { resumeRun, type Planned } from '../../engine/resume.ts';
import type { EditedFile, PlanOptions } from '../../engine/types.ts';
import { flowError } from '../../errors/diagnostic.ts';
import { EXIT, type ExitCode } from '../../errors/exit-codes.ts';
import { renderDiagnostics } from '../../errors/render.ts';
import { resumePlanLines } from '../../report/plan-text.ts';
import type { Paint } from '../../term/color.ts';
import type { Context } from '../context.ts';
import { runOptions } from '../../machine/machine.ts';
import { inForeground } from '../foreground.ts';
import { dagNames } from '../places.ts';
import { readEdited } from '../edited-file.ts';
import { tellChanged } from '../read-dag.ts';
import { storedDag } from '../../machine/read-dag.ts';
import { checkOutputFlags, outputMode, type OutputFlags } from '../reporting.ts';
import { findRun, findStep } from '../run-argument.ts';
import { outside, withReading, type Reading } from '../wiring.ts';

export interface ResumeFlags extends OutputFlags {
  readonly from?: string;
  readonly updated?: boolean;
  readonly dryRun?: boolean;
  readonly output?: string;
}

/** `flow resume [RUN]` (LANGUAGE.md §22): the same run goes on in a new attempt. */
export async function resume(
  context: Context,
  hasParams: boolean,
  argument: string | undefined,
  flags: ResumeFlags,
): Promise<ExitCode> {
  if (hasParams) throw takesNoParams('resume');
  checkOutputFlags(flags.output, flags);
  outputMode(context, flags);
  const looked = await withReading(context, (reading) => look(context, reading, argument, flags));
  const { snapshot, dag, from, edited, planned } = looked;
  const { run } = snapshot;
  if (run.parent !== null && !context.quiet) tellOfParent(context, run.parent.run);
  if (planned !== null && (looked.nothing || flags.dryRun === true)) warn(context, planned.warnings);
  if (planned === null || looked.nothing) {
    const nothing = edited === null ? 'nothing to resume' : 'nothing to do, no step has changed';
    context.err.write(`run ${shortId(run.id)} of ${run.dag} ${run.state.replace('_', ' ')}: ${nothing}\n`);
    return EXIT.ok;
  }
  if (flags.dryRun === true) {
    context.out.write(`${planText(snapshot, planned.plan, context.paintOut)}\n`);
    return EXIT.ok;
  }
  return goOn(context, { snapshot, dag, from, edited, warnings: looked.warnings }, flags, planned.dag);
}

/** What goes on, and the answer that is recorded with it. */
export interface Resumption extends PlanOptions {
  readonly snapshot: Snapshot;
  /** As it is stored with the run. */
  readonly dag: Dag;
  readonly answer?: EventOf<'task.completed'>;
}

/** Begins the next attempt of a run in the foreground; `shown` is the DAG that it works from. */
export function goOn(
  context: Context,
  { snapshot, dag, ...how }: Resumption,
  flags: OutputFlags,
  shown: Dag = dag,
): Promise<ExitCode> {
  const mode = outputMode(context, flags);
  const planned = (decided: ResumePlan): void => {
    if (mode === 'json' || context.quiet) return;
    context.err.write(`${planText(snapshot, decided, context.paintErr)}\n`);
  };
  return inForeground(context, shown, flags, (deps, begun) =>
    resumeRun(deps, snapshot, dag, { ...runOptions(context), ...how }, { planned, begun }),
  );
}

/** A child that is resumed alone leaves its parent as it is (RELIABILITY.md R12). */
function tellOfParent({ err, paintErr }: Context, parent: string): void {
  const note = `it is a child run of ${parent}, which stays as it is`;
  err.write(
    `${paintErr('warning', 'note:')} ${note}; \`flow resume ${shortId(parent)}\` goes on with both\n`,
  );
}

/** E009: the parameters of a run never change. */
export function takesNoParams(command: string): Error {
  const hint = 'start a new run with `flow run`, or take the same ones with `flow rerun`';
  return flowError(
    EXIT.usage,
    'E009',
    `${command} takes no parameters: a run keeps those it started with`,
    hint,
  );
}

interface Looked {
  readonly snapshot: Snapshot;
  /** As it is stored with the run. */
  readonly dag: Dag;
  /** Place in the file of the step of `--from`. */
  readonly from: number | null;
  /** With `--updated`. */
  readonly edited: EditedFile | null;
  readonly warnings: readonly PlanWarning[];
  /** Null: it succeeded, and nothing was asked for. */
  readonly planned: Planned | null;
  /** It succeeded, and no step of it runs again. */
  readonly nothing: boolean;
}

async function look(
  context: Context,
  reading: Reading,
  argument: string | undefined,
  flags: ResumeFlags,
): Promise<Looked> {
  const snapshot = await findResumable(context, reading, argument);
  const { dag, definition } = await storedDag(reading.store, snapshot);
  const { run } = snapshot;
  const edited = flags.updated === true ? await readEdited(context, run, dag) : null;
  if (edited === null) tellChanged(context, run, definition);
  const { steps } = edited?.dag ?? dag;
  const from = flags.from === undefined ? null : steps.indexOf(findStep(steps, flags.from, '--from'));
  const base = { snapshot, dag, from, edited, warnings: [] };
  const ended = run.state === 'succeeded' || run.state === 'partially_succeeded';
  if (ended && from === null && edited === null) return { ...base, planned: null, nothing: true };
  const places = { ...outside(context), ...reading };
  const { planned, warnings } = await lookAhead(places, snapshot, dag, { from, edited });
  const runsSome = planned.plan.decisions.some(({ verdict }) => verdict === 'run');
  const whole = { ...planned, warnings: [...(planned.update?.warnings ?? []), ...warnings] };
  return { ...base, warnings, planned: whole, nothing: ended && !runsSome };
}

/** Those of the plan; when the run goes on they are events. */
export function warn({ err, paintErr, quiet }: Context, warnings: readonly PlanWarning[]): void {
  if (quiet) return;
  const diagnostics = warnings.map((warning) => ({ ...warning, severity: 'warning' as const }));
  if (diagnostics.length > 0) err.write(renderDiagnostics(diagnostics, { color: paintErr }));
}

/** The run to go on with; a DAG, or nothing, means its newest that can be resumed (§22.1). */
async function findResumable(
  context: Context,
  reading: Reading,
  argument: string | undefined,
): Promise<Snapshot> {
  const { store } = reading;
  if (argument === undefined) {
    const run = await newestResumable(reading, { below: context.cwd });
    const snapshot = run === null ? null : await store.load(run.id);
    if (snapshot === null) {
      const isFirst = (await store.runs({ limit: 1 })).length === 0;
      const none = `no resumable run of a DAG in or below ${context.cwd}`;
      throw noneResumable(none, isFirst ? 'none is recorded yet: start one with `flow run DAG`' : undefined);
    }
    return snapshot;
  }
  const names: string[] = [];
  return findRun(store, argument, {
    dagNames: async (dag) => {
      names.push(...(await dagNames(context, dag)));
      return names;
    },
    newestOf: async (dag) => {
      const run = await newestResumable(reading, { dag });
      if (run !== null) return run;
      const [any] = await store.runs({ dag, limit: 1 });
      if (any === undefined) return null;
      if (runOwned(any.state)) return any;
      throw noneResumable(
        `no resumable run of ${dag}: its newest, ${shortId(any.id)}, ${any.state.replace('_', ' ')}`,
      );
    },
  });
}

function noneResumable(
  message: string,
  hint = 'list the runs with `flow history`, then give one of them',
): Error {
  return flowError(EXIT.usage, 'E008', message, hint);
}

function planText({ run }: Snapshot, plan: ResumePlan, paint: Paint): string {
  const head = `${paint('bold', run.dag)}  resume ${shortId(run.id)}`;
  return [head, ...resumePlanLines(plan.decisions, paint)].join('\n');
}
