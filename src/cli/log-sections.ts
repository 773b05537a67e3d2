import type { StepRecord } from '../core/records.ts';
import { usageError } from './usage.ts';

export interface LogChoice {
  readonly stdout?: boolean;
  readonly stderr?: boolean;
  /** Number of a try; null: the last. */
  readonly try: number | null;
}

/** One log file to show. */
export interface LogSection {
  readonly step: StepRecord;
  readonly try: number;
  /** `log` is a file that both streams share. */
  readonly stream: 'stdout' | 'stderr' | 'log';
  readonly path: string;
}

/**
 * The log files that `flow logs` shows, steps in their order, standard output before standard error.
 * @throws FlowError (exit 2) when it is one step, and it has no such try.
 */
export function logSections(steps: readonly StepRecord[], choice: LogChoice): LogSection[] {
  return steps.flatMap((one) => {
    const record = choice.try === null ? one.tries.at(-1) : one.tries[choice.try - 1];
    if (record === undefined) {
      const [only] = steps;
      if (steps.length === 1 && only !== undefined && choice.try !== null) throw noTry(only, choice.try);
      return [];
    }
    const base = { step: one, try: record.n };
    if (record.outLog === record.errLog) return [{ ...base, stream: 'log' as const, path: record.outLog }];
    const both = choice.stdout !== true && choice.stderr !== true;
    const streams: LogSection[] = [];
    if (both || choice.stdout === true) streams.push({ ...base, stream: 'stdout', path: record.outLog });
    if (both || choice.stderr === true) streams.push({ ...base, stream: 'stderr', path: record.errLog });
    return streams;
  });
}

function noTry(step: StepRecord, n: number): Error {
  const had = step.tries.length === 0 ? 'it has not started' : `it has tries 1 to ${step.tries.length}`;
  return usageError(`--try: step "${step.label}" has no try ${n}`, had);
}
