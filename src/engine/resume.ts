import type { Dag, Step } from '../core/dag.ts';
import { findStep, runsOthers, writtenStep } from '../core/numbers.ts';
import type { Snapshot, StepRecord } from '../core/records.ts';
import { planResume, wasInterrupted } from '../core/resume.ts';
import type { Found, ResumePlan } from '../core/resume.ts';
import { planUpdate } from '../core/update.ts';
import type { PlanWarning, Update } from '../core/update.ts';
import { claimed, refuseLiving } from './claim.ts';
import { hasFiles, refuseLivingElsewhere } from './elsewhere.ts';
import { execute } from './execution.ts';
import { finishStop, stopChildren } from './finish-stop.ts';
import { noHeritage } from './heritage.ts';
import type { Heritage } from './heritage.ts';
import { Journal } from './journal.ts';
import { recoverTries } from './recover.ts';
import type { RecoveredTry } from './recover.ts';
import { startQueued } from './start.ts';
import { emitTakeover } from './takeover.ts';
import type { EngineDeps, Execution, PlanOptions, ResumeOptions, ResumeWatch } from './types.ts';

/** What a resume would do, without touching anything (`--dry-run`). */
export function planOnly(
  deps: Pick<EngineDeps, 'isOwnerAlive'>,
  snapshot: Snapshot,
  stored: Dag,
  options: PlanOptions,
): Planned {
  refuseLiving(deps, snapshot);
  const running = snapshot.steps.filter((step) => step.state === 'running' && !step.dropped);
  const foundOf = (step: StepRecord): Found =>
    runsOthers(writtenStep(stored, step)) ? 'goes_on' : 'unknown';
  const found = new Map(running.map((step) => [step.number, foundOf(step)] as const));
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
 * @throws Answered when the question that `options.answer` answers is no longer open.
 */
export async function resumeRun(
  deps: EngineDeps,
  before: Snapshot,
  stored: Dag,
  options: ResumeOptions,
  watch: ResumeWatch,
): Promise<Execution> {
  refuseLiving(deps, before);
  refuseLivingElsewhere(deps, before);
  if (before.run.state === 'queued' && before.run.attempt === 0) {
    deps.files.makeRun(before.run);
    return claimed(before, () => startQueued(deps, before, stored, options, (begun) => watch.begun(begun)));
  }
  // What is missing is evidence until the takeover is recorded.
  const whole = hasFiles(deps, before.run);
  if (whole) deps.files.makeRun(before.run);
  let snapshot = before;
  if (before.run.state === 'aborting') {
    const stopping = await finishStop(deps, before, stored, options);
    watch.begun(stopping);
    snapshot = await stopping.ended;
    // Stopped again while the old stop was being finished: the run stays as it is.
    if (stopping.stopAsked) return stopping;
  }
  const recovered = await recoverTries(deps, snapshot, stored);
  const found = new Map(recovered.map((one) => [one.step, one.found] as const));
  const journal = Journal.open(deps, snapshot, options.edited?.definition ?? null);
  const { answer = null } = options;
  if (answer !== null) journal.emit(answer);
  const planned = planFrom(snapshot, stored, options, found);
  const { plan } = planned;
  watch.planned(plan);
  await stopReplaced(recovered, plan, stored);
  const of = [...plan.run, ...(planned.update?.dropped ?? [])];
  await stopChildren(deps, snapshot, { of, waiting: false, kill: false }, options);
  const { automatic = null } = options;
  emitTakeover(deps, journal, { recovered, edited: options.edited, automatic, ...planned });
  // Whoever takes it out of the queue leaves the token as it is.
  const expects = before.run.state === 'queued' ? 'queued' : null;
  await claimed(snapshot, () => journal.commit(answer, expects));
  if (!whole) deps.files.makeRun(snapshot.run);
  const execution = execute(deps, journal, planned.dag, options, heritageOf(recovered, plan));
  watch.begun(execution);
  return execution;
}

function heritageOf(
  recovered: readonly RecoveredTry[],
  { attached, repeating, goingOn, unknown, anew }: ResumePlan,
): Heritage {
  const heritage = { ...noHeritage(), repeating, goingOn, settled: new Set(unknown) };
  const taken = new Set(attached);
  for (const { step, running, entriesDone } of recovered) {
    if (running !== null && taken.has(step)) heritage.attached.set(step, running);
    else if (!anew.has(step)) heritage.entriesDone.set(step, entriesDone);
  }
  return heritage;
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
