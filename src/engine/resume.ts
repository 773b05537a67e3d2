import type { Dag } from '../core/dag.ts';
import type { Snapshot } from '../core/records.ts';
import { planResume, wasInterrupted } from '../core/resume.ts';
import type { ResumePlan } from '../core/resume.ts';
import { runOwned } from '../core/states.ts';
import { flowError } from '../errors/diagnostic.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { Fenced } from '../store/store.ts';
import { execute } from './execution.ts';
import { Journal } from './journal.ts';
import { isUnsettled, recoverTries } from './recover.ts';
import type { RecoveredTry } from './recover.ts';
import type { EngineDeps, Execution, RunOptions } from './types.ts';

export interface ResumeOptions extends RunOptions {
  /** Number of the step of `--from`, else null. */
  readonly from: number | null;
}

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
    found: new Map(running.map((step) => [step.number, 'unknown'])),
  });
}

/**
 * Takes a run over from a dead owner, or takes up one that has ended, in a new attempt (T8 and T9 in one commit).
 * @throws FlowError E006 (exit 5) when a living process owns the run, also one that was quicker.
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
  let snapshot = before;
  if (before.run.state === 'aborting') {
    const stopping = await finishStop(deps, before, dag, options);
    watch.begun(stopping);
    snapshot = await stopping.ended;
    // Stopped again while the old stop was being finished: the run stays as it is.
    if (stopping.stopAsked) return stopping;
  }
  const recovered = await recoverTries(deps, snapshot);
  const plan = planResume({
    dag,
    snapshot,
    from: options.from,
    interrupted: wasInterrupted(snapshot),
    found: new Map(recovered.map(({ step, found }) => [step, found])),
  });
  watch.planned(plan);
  await stopReplaced(recovered, plan);
  const journal = Journal.open(deps, snapshot);
  emitTakeover(deps, journal, recovered, plan, options.from);
  await commitClaim(journal);
  const execution = execute(deps, journal, dag, options, (attempt) => {
    for (const { step, running, entriesDone } of recovered) {
      if (running !== null && plan.attached.includes(step)) attempt.attach(step, running);
      else if (options.from === null) attempt.skipEntries(step, entriesDone);
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
  for (const one of recovered) {
    if (!isUnsettled(one.record)) continue;
    const base = { at, step: one.step, attempt, try: one.record.n };
    if (plan.attached.includes(one.step)) {
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
