import { shortId } from '../../base/ids.ts';
import type { Dag } from '../../core/dag.ts';
import type { EventOf } from '../../core/events.ts';
import type { RunRecord, Snapshot } from '../../core/records.ts';
import type { ResumePlan } from '../../core/resume.ts';
import { runOwned, type RunStatus, type ShownRunStatus } from '../../core/states.ts';
import { shownState } from '../../engine/ownership.ts';
import { planOnly, resumeRun } from '../../engine/resume.ts';
import { flowError } from '../../errors/diagnostic.ts';
import { EXIT, type ExitCode } from '../../errors/exit-codes.ts';
import { resumePlanLines } from '../../report/plan-text.ts';
import type { Paint } from '../../term/color.ts';
import type { Context } from '../context.ts';
import { inForeground, runOptions } from '../foreground.ts';
import { dagNames } from '../places.ts';
import { storedDag, tellChanged } from '../read-dag.ts';
import { checkOutputFlags, outputMode, type OutputFlags } from '../reporting.ts';
import { findRun, findStep } from '../run-argument.ts';
import { notYet } from '../usage.ts';
import { withReading, type Reading } from '../wiring.ts';

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
  if (flags.updated === true) throw notYet('--updated');
  checkOutputFlags(flags.output, flags);
  outputMode(context, flags);
  const { snapshot, dag, from, plan } = await withReading(context, (reading) =>
    look(context, reading, argument, flags),
  );
  const { run } = snapshot;
  if (run.parent !== null && !context.quiet) tellOfParent(context, run.parent.run);
  if (plan === null) {
    context.err.write(
      `run ${shortId(run.id)} of ${run.dag} ${run.state.replace('_', ' ')}: nothing to resume\n`,
    );
    return EXIT.ok;
  }
  if (flags.dryRun === true) {
    context.out.write(`${planText(snapshot, plan, context.paintOut)}\n`);
    return EXIT.ok;
  }
  return goOn(context, { snapshot, dag, from }, flags);
}

/** What goes on, and the answer that is recorded with it. */
export interface Resumption {
  readonly snapshot: Snapshot;
  readonly dag: Dag;
  readonly from: number | null;
  readonly answer?: EventOf<'task.completed'>;
}

/** Begins the next attempt of a run in the foreground. */
export function goOn(
  context: Context,
  { snapshot, dag, ...how }: Resumption,
  flags: OutputFlags,
): Promise<ExitCode> {
  const mode = outputMode(context, flags);
  const planned = (decided: ResumePlan): void => {
    if (mode !== 'plain' || context.quiet) return;
    context.err.write(`${planText(snapshot, decided, context.paintErr)}\n`);
  };
  return inForeground(context, dag, flags, (deps, begun) =>
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
  readonly dag: Dag;
  /** Number of the step of `--from`. */
  readonly from: number | null;
  /** Null: it succeeded, and `--from` is not given. */
  readonly plan: ResumePlan | null;
}

async function look(
  context: Context,
  reading: Reading,
  argument: string | undefined,
  flags: ResumeFlags,
): Promise<Looked> {
  const snapshot = await findResumable(context, reading, argument);
  const { dag, definition } = await storedDag(reading.store, snapshot);
  tellChanged(context, snapshot.run, definition);
  const from = flags.from === undefined ? null : findStep(dag.steps, flags.from, '--from').number;
  const { state } = snapshot.run;
  const ended = state === 'succeeded' || state === 'partially_succeeded';
  const plan = ended && from === null ? null : planOnly(reading, snapshot, dag, from);
  return { snapshot, dag, from, plan };
}

const RESUMABLE: readonly ShownRunStatus[] = ['interrupted', 'failed', 'aborted', 'rejected', 'waiting'];
const RECORDED: readonly RunStatus[] = ['running', 'aborting', 'failed', 'aborted', 'rejected', 'waiting'];

/** The run to go on with; a DAG, or nothing, means its newest that can be resumed (§22.1). */
async function findResumable(
  context: Context,
  reading: Reading,
  argument: string | undefined,
): Promise<Snapshot> {
  const { store } = reading;
  const newest = async (query: { dag: string } | { below: string }): Promise<RunRecord | null> => {
    const runs = await store.runs({ ...query, states: RECORDED, limit: 100 });
    return runs.find((run) => RESUMABLE.includes(shownState(run, reading.isOwnerAlive))) ?? null;
  };
  if (argument === undefined) {
    const run = await newest({ below: context.cwd });
    const snapshot = run === null ? null : await store.load(run.id);
    if (snapshot === null) throw noneResumable(`no resumable run of a DAG in or below ${context.cwd}`);
    return snapshot;
  }
  const names: string[] = [];
  return findRun(store, argument, {
    dagNames: async (dag) => {
      names.push(...(await dagNames(context, dag)));
      return names;
    },
    newestOf: async (dag) => {
      const run = await newest({ dag });
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

function noneResumable(message: string): Error {
  return flowError(EXIT.usage, 'E008', message, 'list the runs with `flow history`, then give one of them');
}

function planText({ run }: Snapshot, plan: ResumePlan, paint: Paint): string {
  const head = `${paint('bold', run.dag)}  resume ${shortId(run.id)}`;
  return [head, ...resumePlanLines(plan.decisions, paint)].join('\n');
}
