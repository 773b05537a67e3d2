import type { EventOf } from './events.ts';
import type { StepRecord } from './records.ts';
import type { HandlerEvent } from './step-parts.ts';

/** How an attempt ends. */
export interface Outcome {
  readonly state: EventOf<'run.finished'>['state'] | 'waiting';
  readonly reason: string | null;
}

/** What happened to the attempt besides its steps. */
export interface Verdicts {
  /** The code of an error marked (run), such as R401 or R605; null if there was none. */
  readonly runError: string | null;
  /** Why the run was stopped: `sigint`, `sigterm`, `stopped`, `run_timed_out` …; null if it was not. */
  readonly stopped: string | null;
}

/**
 * How an attempt ends: the first rule of LANGUAGE.md §15.3 that applies. `steps` are those of the DAG itself,
 * without handlers and foreach bodies.
 */
export function outcomeOf(steps: readonly StepRecord[], verdicts: Verdicts): Outcome {
  if (verdicts.runError !== null) return { state: 'failed', reason: verdicts.runError };
  if (verdicts.stopped === 'run_timed_out') return { state: 'failed', reason: verdicts.stopped };
  if (verdicts.stopped !== null && !steps.every(endedWell))
    return { state: 'aborted', reason: verdicts.stopped };
  if (steps.some((step) => step.state === 'aborted' && step.reason === 'rejected'))
    return { state: 'rejected', reason: null };
  if (steps.some((step) => step.state === 'waiting')) return { state: 'waiting', reason: null };
  if (steps.some((step) => step.state === 'failed' && !step.tolerated))
    return { state: 'failed', reason: null };
  if (steps.some((step) => step.state === 'aborted')) return { state: 'aborted', reason: null };
  if (steps.some((step) => step.state === 'failed' || step.partial)) {
    return {
      state: steps.some((step) => step.state === 'succeeded') ? 'partially_succeeded' : 'failed',
      reason: null,
    };
  }
  return { state: 'succeeded', reason: null };
}

function endedWell(step: StepRecord): boolean {
  return (
    step.state === 'succeeded' || step.state === 'skipped' || (step.state === 'failed' && step.tolerated)
  );
}

/** The handler of each outcome (§14), before the exit handler. */
export const HANDLER_OF: Readonly<Record<Outcome['state'], HandlerEvent>> = {
  succeeded: 'success',
  partially_succeeded: 'success',
  failed: 'failure',
  rejected: 'failure',
  aborted: 'abort',
  waiting: 'wait',
};
