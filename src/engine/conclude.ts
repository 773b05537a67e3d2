import type { OutputValue, Step } from '../core/dag.ts';
import type { EventOf, RunEvent } from '../core/events.ts';
import type { Snapshot, StepRecord } from '../core/records.ts';
import { stepAt } from '../core/snapshot.ts';
import { outputMatches, retryWaitMs, shouldRetry } from '../core/retry.ts';
import type { TryEnd } from './launch.ts';
import type { Live } from './live.ts';
import { readOutputs } from './read-outputs.ts';
import type { RunFiles } from './types.ts';

/** `continue_on.output` looks at this much of standard output (LANGUAGE.md §26, log file of a try). */
const SEARCHED_BYTES = 100 * 1024 * 1024;

export interface ConcludeInput {
  readonly live: Live;
  readonly record: StepRecord;
  readonly end: TryEnd;
  readonly attempt: number;
  readonly maxOutputSize: number;
  readonly dir: string;
  readonly files: RunFiles;
  readonly now: number;
  /** Drawn evenly from [0, 1), for jitter. */
  readonly chance: number;
}

/** What the end of a try means for its step: finished, retrying or aborted (LANGUAGE.md §11, §13.2, §13.3). */
export function conclude(input: ConcludeInput): RunEvent {
  const { live, end, now } = input;
  const { step } = live;
  const base = {
    at: now,
    step: step.number,
    attempt: input.attempt,
    try: live.record.n,
    durationMs: Math.max(0, now - live.record.startedAt),
  };
  // What is spread comes after a field of its own: V8 would give each event a shape of its own otherwise.
  if (live.stopReason !== null) {
    const facts = { exitCode: end.code, signal: end.signal, message: null };
    return { type: 'step.aborted', ...base, ...facts, reason: live.stopReason };
  }
  const { children } = end;
  if (children?.kind === 'waiting') return { type: 'step.waiting', ...base, task: null, outputs: {} };
  if (children?.kind === 'skipped') return { type: 'step.skipped', ...base, reason: 'precondition_not_met' };
  if (children?.kind === 'aborted') {
    const facts = { exitCode: null, signal: null, message: null };
    return { type: 'step.aborted', ...base, ...facts, reason: children.reason };
  }
  const result = judgeTry(input);
  if (result.outputs !== null) {
    const facts = { exitCode: 0, signal: null, reason: null, message: null };
    return {
      type: 'step.finished',
      ...base,
      ...facts,
      state: 'succeeded',
      tolerated: false,
      partial: children?.kind === 'partial',
      outputs: result.outputs,
      ...((end.artifacts?.length ?? 0) > 0 ? { artifacts: end.artifacts } : {}),
    };
  }
  const { exitCode, signal, reason, message } = result;
  const failure = { exitCode, signal, reason, message, ...base };
  const retry = step.retry;
  if (retry !== null && !end.neverBegan) {
    // Retries happen inside a repetition (§13.5).
    const retriesDone = Math.max(0, countTries(input.record, input.attempt) - 1);
    if (shouldRetry(retry, { retriesDone, exitCode, timedOut: live.timedOut, limit: live.retryLimit })) {
      const policy = { ...retry, intervalSec: live.retryIntervalSec };
      const wait = retryWaitMs(policy, retriesDone, input.chance, end.retryAfterMs);
      return { type: 'step.retrying', ...failure, dueAt: now + wait };
    }
  }
  const tolerated = isTolerated(input, exitCode);
  const state = tolerated && step.continueOn?.markSuccess === true ? 'succeeded' : 'failed';
  return { type: 'step.finished', ...failure, state, tolerated, partial: false, outputs: {} };
}

/** A step fails before a try, or its last one is given up; `continue_on` still applies (§13.2). */
export function failureOf(
  step: Step,
  snapshot: Snapshot,
  at: number,
  why: { readonly reason: string; readonly message: string },
): EventOf<'step.finished'> {
  const tolerated = step.continueOn?.failure ?? false;
  const last = stepAt(snapshot, step.number).tries.at(-1);
  return {
    ...{ at, type: 'step.finished', step: step.number, attempt: snapshot.run.attempt },
    try: last?.state === 'running' || last?.state === 'intent' ? last.n : null,
    state: tolerated && step.continueOn?.markSuccess === true ? 'succeeded' : 'failed',
    ...{ tolerated, partial: false, ...why, exitCode: null, signal: null, durationMs: 0, outputs: {} },
  };
}

type TryResult =
  | { readonly outputs: Record<string, OutputValue> }
  | {
      readonly outputs: null;
      readonly exitCode: number;
      readonly signal: string | null;
      readonly reason: string | null;
      readonly message: string | null;
    };

function judgeTry(input: ConcludeInput): TryResult {
  const { live, end } = input;
  if (live.timedOut) {
    const message = `timed out after ${live.step.timeoutSec}s`;
    return { outputs: null, exitCode: 124, signal: end.signal, reason: 'timed_out', message };
  }
  if (end.error !== null || end.code !== 0) {
    const { code, message } = end.error ?? { code: null, message: null };
    return { outputs: null, exitCode: end.code, signal: end.signal, reason: code, message };
  }
  const read = readOutputs(input);
  if ('outputs' in read) return read;
  const { code: reason, message } = read.error;
  return { outputs: null, exitCode: end.code, signal: null, reason, message };
}

function countTries(record: StepRecord, attempt: number): number {
  return record.tries.filter(
    (t) => t.attempt === attempt && t.n > record.repeatedTry && t.state !== 'void' && t.state !== 'lost',
  ).length;
}

/** `continue_on`, decided after the last retry (§13.2). */
function isTolerated({ live, files }: ConcludeInput, exitCode: number): boolean {
  const policy = live.step.continueOn;
  if (policy === null) return false;
  if (policy.failure || policy.exitCodes.includes(exitCode)) return true;
  if (policy.output.length === 0) return false;
  const bytes = files.read(live.record.outLog, SEARCHED_BYTES);
  return bytes !== null && outputMatches(policy.output, new TextDecoder().decode(bytes));
}
