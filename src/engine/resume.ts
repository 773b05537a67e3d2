import type { Dag, Step } from '../core/dag.ts';
import { findStep } from '../core/numbers.ts';
import type { Snapshot } from '../core/records.ts';
import { planResume, wasInterrupted } from '../core/resume.ts';
import type { Found, ResumePlan } from '../core/resume.ts';
import { runOwned } from '../core/states.ts';
import { planUpdate } from '../core/update.ts';
import type { PlanWarning, Update } from '../core/update.ts';
import { flowError } from '../errors/diagnostic.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { Fenced } from '../store/store.ts';
import { execute } from './execution.ts';
import { Journal } from './journal.ts';
import { isUnsettled, recoverTries } from './recover.ts';
import { emitTakeover } from './takeover.ts';
import type { RecoveredTry } from './recover.ts';
import type { EditedFile, EngineDeps, Execution, RunOptions } from './types.ts';

export interface ResumeOptions extends RunOptions {
  /** Place in the file of the step of `--from`, from 0; null without it. */
  readonly from: number | null;
  /** With `--updated`. */
  readonly edited: EditedFile | null;
  /** What is to be said of the plan and can only be known outside of it. */
  readonly warnings: readonly PlanWarning[];
}

export type PlanOptions = Pick<ResumeOptions, 'from' | 'edited' | 'warnings'>;

export interface ResumeWatch {
  /** Before anything of the new attempt starts. */
  planned(plan: ResumePlan): void;
  /** An execution that signals concern from now on: the end of an interrupted stop, then the new attempt. */
  begun(execution: Execution): void;
}

/** What a resume would do, without touching anything (`--dry-run`). */
export function planOnly(
  deps: Pick<EngineDeps, 'isOwnerAlive'>,
  snapshot: Snapshot,
  stored: Dag,
  options: PlanOptions,
): Planned {
  refuseLiving(deps, snapshot);
  const running = snapshot.steps.filter((step) => step.state === 'running' && !step.dropped);
  const found = new Map(running.map((step) => [step.number, 'unknown'] as const));
  return planFrom(snapshot, stored, options, found);
}

export interface Planned {
  /** The one that the attempt works from. */
  readonly dag: Dag;
  readonly update: Update | null;
  readonly warnings: readonly PlanWarning[];
  readonly from: Step | null;
  readonly plan: ResumePlan;
}

function planFrom(
  snapshot: Snapshot,
  stored: Dag,
  { from: place, edited, warnings }: PlanOptions,
  found: ReadonlyMap<number, Found>,
): Planned {
  const update = edited === null ? null : planUpdate(stored, edited.dag, snapshot);
  const dag = update?.dag ?? stored;
  const from = place === null ? null : (dag.steps[place] ?? null);
  const interrupted = wasInterrupted(snapshot);
  const plan = planResume({ dag, snapshot, update, interrupted, found, from: from?.number ?? null });
  return { dag, update, from, plan, warnings: [...(update?.warnings ?? []), ...warnings] };
}

/**
 * Takes a run over from a dead owner, or takes up one that has ended, in a new attempt (T8 and T9 in one commit).
 * `stored` is the DAG that is stored with it.
 * @throws FlowError E006 (exit 5) when a living process owns the run, also one that was quicker.
 */
export async function resumeRun(
  deps: EngineDeps,
  before: Snapshot,
  stored: Dag,
  options: ResumeOptions,
  watch: ResumeWatch,
): Promise<Execution> {
  refuseLiving(deps, before);
  const id = before.run.id;
  deps.files.makeRun(id);
  let snapshot = before;
  if (before.run.state === 'aborting') {
    const stopping = await finishStop(deps, before, stored, options);
    watch.begun(stopping);
    snapshot = await stopping.ended;
    // Stopped again while the old stop was being finished: the run stays as it is.
    if (stopping.stopAsked) return stopping;
  }
  const recovered = await recoverTries(deps, snapshot);
  const found = new Map(recovered.map((one) => [one.step, one.found] as const));
  const planned = planFrom(snapshot, stored, options, found);
  const { plan } = planned;
  watch.planned(plan);
  await stopReplaced(recovered, plan, stored);
  const journal = Journal.open(deps, snapshot, options.edited?.definition ?? null);
  emitTakeover(deps, journal, { recovered, edited: options.edited, ...planned });
  await commitClaim(journal);
  const execution = execute(deps, journal, planned.dag, options, (attempt) => {
    for (const { step, running, entriesDone } of recovered) {
      if (running !== null && plan.attached.includes(step)) attempt.attach(step, running);
      else if (!plan.anew.has(step)) attempt.skipEntries(step, entriesDone);
    }
    for (const step of plan.repeating) attempt.repeat(step);
  });
  watch.begun(execution);
  return execution;
}

function refuseLiving(deps: Pick<EngineDeps, 'isOwnerAlive'>, { run }: Snapshot): void {
  if (!runOwned(run.state) || run.owner === null || !deps.isOwnerAlive(run.owner)) return;
  throw stillRunning(run.id, run.owner.pid);
}

function stillRunning(run: string, pid: number | null) {
  const owner = pid === null ? 'another process was quicker' : `its owner is pid ${pid}`;
  return flowError(EXIT.busy, 'E006', `run ${run} is still running: ${owner}`);
}

/** A step that is to run again, or is dropped, and still lives is stopped first (LANGUAGE.md §22.3). */
async function stopReplaced(
  recovered: readonly RecoveredTry[],
  plan: ResumePlan,
  stored: Dag,
): Promise<void> {
  const graceMs = stored.maxCleanUpTimeSec * 1_000;
  const replaced = recovered.flatMap(({ step, process }) =>
    process !== null && !plan.attached.includes(step) ? [{ step, process }] : [],
  );
  for (const { step, process } of replaced) {
    const signal = findStep(stored, step)?.signalOnStop ?? 'SIGTERM';
    process.stop({ signal, graceMs, kill: false });
  }
  await Promise.all(replaced.map(({ process }) => process.ended));
}

async function commitClaim(journal: Journal): Promise<void> {
  try {
    await journal.commit();
  } catch (error) {
    if (error instanceof Fenced) throw stillRunning(journal.snapshot.run.id, null);
    throw error;
  }
}

/** Finishes a stop that its owner did not survive: ends what lives, runs the handlers (RELIABILITY.md §3.2). */
async function finishStop(
  deps: EngineDeps,
  snapshot: Snapshot,
  dag: Dag,
  options: RunOptions,
): Promise<Execution> {
  const reason = snapshot.run.reason ?? 'stopped';
  const recovered = await recoverTries(deps, snapshot);
  const journal = Journal.open(deps, snapshot);
  const at = deps.clock.wall();
  const { attempt, token } = snapshot.run;
  journal.emit({ at, type: 'run.aborting', attempt, reason, owner: deps.owner, token: token + 1 });
  const none = { exitCode: null, signal: null, durationMs: 0, message: null };
  for (const { step, record, process } of recovered) {
    const n = isUnsettled(record) ? record.n : null;
    if (process === null) journal.emit({ at, type: 'step.aborted', step, attempt, try: n, reason, ...none });
  }
  await commitClaim(journal);
  return execute(deps, journal, dag, options, (attemptToEnd) => {
    for (const { step, running, process } of recovered) {
      if (running !== null && process !== null) attemptToEnd.attach(step, running);
    }
    attemptToEnd.stop(reason, false);
  });
}
