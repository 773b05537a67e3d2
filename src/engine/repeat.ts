import { goesOn } from '../core/condition.ts';
import type { Step } from '../core/dag.ts';
import type { EventOf } from '../core/events.ts';
import type { StepRecord } from '../core/records.ts';
import { retryWaitMs } from '../core/retry.ts';
import { judgeCondition, stepSurroundings } from './conditions.ts';
import type { Where } from './conditions.ts';
import { Resolver } from './resolver.ts';
import type { Finding } from './resolver.ts';
import { readOutput } from './scope.ts';
import type { Surroundings } from './shell-command.ts';

/** What follows the end of a repetition (LANGUAGE.md §13.5). */
export type Follow =
  | { readonly kind: 'ends' }
  | { readonly kind: 'repeats'; readonly waitMs: number }
  | { readonly kind: 'error'; readonly code: string; readonly message: string }
  | { readonly kind: 'stopped' };

/** A repetition that ended, while it is judged. */
export interface Judging {
  readonly step: Step;
  readonly end: EventOf<'step.finished'>;
  /** What a person is asked after the last one, if it succeeds. */
  readonly prompt: string | null;
  readonly abort: AbortController;
  stopReason: string | null;
}

/** What is recorded of it: its step repeats, ends as the repetition ended, fails, or is aborted. */
export function repetitionEnd(
  { step, end, stopReason }: Judging,
  follow: Follow,
  { repetitions }: Pick<StepRecord, 'repetitions'>,
  at: number,
): EventOf<'step.repeating' | 'step.finished' | 'step.aborted'> {
  const { tolerated: _tolerated, outputs: _outputs, state, ...ended } = end;
  if (stopReason !== null || follow.kind === 'stopped') {
    return { ...ended, at, type: 'step.aborted', reason: stopReason ?? 'stopped', message: null };
  }
  switch (follow.kind) {
    case 'ends':
      return { ...end, at };
    case 'error': {
      const { code: reason, message } = follow;
      const tolerated = step.continueOn?.failure ?? false;
      const left = tolerated && step.continueOn?.markSuccess === true ? 'succeeded' : 'failed';
      return { ...ended, at, type: 'step.finished', state: left, tolerated, reason, message, outputs: {} };
    }
    case 'repeats':
      return {
        ...ended,
        ...{ at, type: 'step.repeating', dueAt: at + follow.waitMs, repetitions: repetitions + 1 },
        state: end.tolerated ? 'failed' : state,
      };
  }
}

/** Judges a repetition that has ended as `end` says; its fields are resolved anew each time (§8.1). */
export async function judgeRepetition(
  step: Step,
  end: EventOf<'step.finished'>,
  record: Pick<StepRecord, 'repetitions'>,
  where: Where,
  signal: AbortSignal,
): Promise<{ follow: Follow; warnings: readonly Finding[] }> {
  const { repeat } = step;
  if (repeat === null) return { follow: { kind: 'ends' }, warnings: [] };
  const around = ownSurroundings(step, end, where);
  if ('code' in around) return { follow: { kind: 'error', ...around }, warnings: [] };
  const resolver = new Resolver(around.scope, around.mode);
  const number = (key: string, value: number | string): number =>
    resolver.number(`repeat_policy.${key}`, value);
  const limit = repeat.limit === null ? Infinity : number('limit', repeat.limit);
  const policy = {
    intervalSec: number('interval_sec', repeat.intervalSec),
    backoff: repeat.backoff,
    maxIntervalSec: repeat.maxIntervalSec === null ? null : number('max_interval_sec', repeat.maxIntervalSec),
    jitter: false,
  };
  const { failure, warnings } = resolver;
  if (failure !== null) return { follow: { kind: 'error', ...failure }, warnings };
  if (record.repetitions + 1 >= limit) return { follow: { kind: 'ends' }, warnings };
  const judged = repeat.condition === null ? null : await judgeCondition(repeat.condition, around, signal);
  if (signal.aborted) return { follow: { kind: 'stopped' }, warnings };
  const all = [...warnings, ...(judged?.warnings ?? [])];
  if (judged !== null && 'error' in judged) {
    const message = `repeat_policy.condition: ${judged.error}`;
    return { follow: { kind: 'error', code: 'R601', message }, warnings: all };
  }
  const again = goesOn(repeat.mode, {
    succeeded: end.state === 'succeeded',
    met: judged?.value ?? null,
    listed: repeat.exitCodes?.includes(end.exitCode ?? -1) ?? null,
  });
  if (!again) return { follow: { kind: 'ends' }, warnings: all };
  const waitMs = retryWaitMs(policy, record.repetitions, 0, null);
  return { follow: { kind: 'repeats', waitMs }, warnings: all };
}

/** The surroundings of the step, with the outputs that its repetition has just published. */
function ownSurroundings(step: Step, end: EventOf<'step.finished'>, where: Where): Surroundings | Finding {
  const around = stepSurroundings(where, step);
  if ('code' in around) return around;
  const own = step.outputName === null ? undefined : end.outputs[step.outputName];
  const env = new Map(around.env);
  if (step.outputName !== null && own !== undefined) env.set(step.outputName, own.text);
  const { scope } = around;
  return {
    ...around,
    env,
    scope: {
      ...scope,
      env: (name) => env.get(name),
      output: (id, name, path) =>
        id === step.id ? readOutput(end.outputs, name, path) : scope.output(id, name, path),
    },
  };
}
