import type { Dag } from '../core/dag.ts';
import type { Snapshot } from '../core/records.ts';
import { takenUp } from '../core/questions.ts';
import { planResume, wasInterrupted } from '../core/resume.ts';
import type { ResumePlan } from '../core/resume.ts';
import { claimed, refuseLiving } from './claim.ts';
import { execute } from './execution.ts';
import { finishStop, stopChildren } from './finish-stop.ts';
import { noHeritage } from './heritage.ts';
import type { Heritage } from './heritage.ts';
import { Journal } from './journal.ts';
import { isUnsettled, recoverTries, runsOthers } from './recover.ts';
import type { RecoveredTry } from './recover.ts';
import { writtenStep } from './roster.ts';
import { startQueued } from './start.ts';
import type { EngineDeps, Execution, ResumeOptions, ResumeWatch } from './types.ts';

/** What a resume would do, without touching anything (`--dry-run`). */
export function planOnly(
  deps: Pick<EngineDeps, 'isOwnerAlive'>,
  snapshot: Snapshot,
  dag: Dag,
  from: number | null,
): ResumePlan {
  refuseLiving(deps, snapshot);
  const running = snapshot.steps.filter((step) => step.state === 'running');
  return planResume({
    dag,
    snapshot,
    from,
    interrupted: wasInterrupted(snapshot),
    found: new Map(
      running.map((step) => [step.number, runsOthers(writtenStep(dag, step)) ? 'goes_on' : 'unknown']),
    ),
  });
}

/**
 * Takes a run over from a dead owner, or takes up one that has ended, in a new attempt (T8 and T9 in one commit).
 * @throws FlowError E006 (exit 5) when a living process owns the run, also one that was quicker.
 * @throws Answered when the question that `options.answer` answers is no longer open.
 */
export async function resumeRun(
  deps: EngineDeps,
  before: Snapshot,
  dag: Dag,
  options: ResumeOptions,
  watch: ResumeWatch,
): Promise<Execution> {
  refuseLiving(deps, before);
  deps.files.makeRun(before.run);
  if (before.run.state === 'queued' && before.run.attempt === 0)
    return claimed(before, () => startQueued(deps, before, dag, options, watch.begun));
  let snapshot = before;
  if (before.run.state === 'aborting') {
    const stopping = await finishStop(deps, before, dag, options);
    watch.begun(stopping);
    snapshot = await stopping.ended;
    // Stopped again while the old stop was being finished: the run stays as it is.
    if (stopping.stopAsked) return stopping;
  }
  const recovered = await recoverTries(deps, snapshot, dag);
  const journal = Journal.open(deps, snapshot);
  const { answer = null } = options;
  if (answer !== null) journal.emit(answer);
  const plan = planResume({
    dag,
    snapshot,
    from: options.from,
    interrupted: wasInterrupted(snapshot),
    found: new Map(recovered.map(({ step, found }) => [step, found])),
  });
  watch.planned(plan);
  await stopReplaced(recovered, plan);
  await stopChildren(deps, snapshot, plan.run, options);
  emitTakeover(deps, journal, recovered, plan, options.from);
  await claimed(snapshot, () => journal.commit(answer));
  const execution = execute(deps, journal, dag, options, heritageOf(recovered, plan, options.from === null));
  watch.begun(execution);
  return execution;
}

function heritageOf(
  recovered: readonly RecoveredTry[],
  { attached, repeating, goingOn, unknown }: ResumePlan,
  keepsEntries: boolean,
): Heritage {
  const heritage = { ...noHeritage(), repeating, goingOn, settled: new Set(unknown) };
  const taken = new Set(attached);
  for (const { step, running, entriesDone } of recovered) {
    if (running !== null && taken.has(step)) heritage.attached.set(step, running);
    else if (keepsEntries) heritage.entriesDone.set(step, entriesDone);
  }
  return heritage;
}

/** A step that is to run again and still lives is stopped first (LANGUAGE.md §22.3). */
async function stopReplaced(recovered: readonly RecoveredTry[], plan: ResumePlan): Promise<void> {
  const replaced = recovered.flatMap(({ step, process }) =>
    process !== null && !plan.attached.includes(step) ? [process] : [],
  );
  for (const process of replaced) process.stop({ signal: 'SIGTERM', graceMs: 5_000, kill: false });
  await Promise.all(replaced.map((process) => process.ended));
}

function emitTakeover(
  deps: EngineDeps,
  journal: Journal,
  recovered: readonly RecoveredTry[],
  plan: ResumePlan,
  from: number | null,
): void {
  const at = deps.clock.wall();
  const { snapshot } = journal;
  const attempt = snapshot.run.attempt + 1;
  const goingOn = new Set(plan.goingOn);
  const kept = new Set([...plan.attached, ...plan.goingOn]);
  // A step whose child run waited is running again.
  for (const { number, state, tries } of snapshot.steps) {
    const last = tries.at(-1);
    if (state === 'waiting' && last !== undefined && goingOn.has(number))
      journal.emit({ at, type: 'step.adopted', step: number, attempt, try: last.n, pid: null });
  }
  for (const one of recovered) {
    if (!isUnsettled(one.record)) continue;
    const base = { at, step: one.step, attempt, try: one.record.n };
    if (kept.has(one.step)) {
      journal.emit({ ...base, type: 'step.adopted', pid: one.process?.pid ?? null });
    } else {
      const verdict = one.found === 'never_started' ? 'never_started' : 'unknown';
      journal.emit({ ...base, type: 'step.lost', verdict });
    }
  }
  journal.emit({
    at,
    type: 'run.resumed',
    attempt,
    owner: deps.owner,
    token: snapshot.run.token + 1,
    run: plan.run,
    attached: plan.attached,
    from: from === null ? null : (snapshot.steps[from - 1]?.label ?? null),
    anew: from === null ? [] : plan.run,
    updated: null,
  });
  for (const task of plan.answered) journal.emit(takenUp(snapshot, task, at));
  for (const step of plan.unknown) {
    const label = snapshot.steps[step - 1]?.label ?? '';
    const none = {
      try: null,
      exitCode: null,
      signal: null,
      durationMs: 0,
      outputs: {},
      tolerated: false,
      partial: false,
    };
    const message = `\`${label}\`: its result is unknown`;
    journal.emit({
      at,
      type: 'step.finished',
      step,
      attempt,
      state: 'failed',
      reason: 'R801',
      message,
      ...none,
    });
  }
}
