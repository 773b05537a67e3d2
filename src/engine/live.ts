import type { Step } from '../core/dag.ts';
import type { TryRecord } from '../core/records.ts';
import { privateTexts } from '../process/try-files.ts';
import type { RunningTry } from './launch.ts';
import type { Work } from './prepare.ts';
import type { ResolvedOutput } from './step-output.ts';

/** What is known of a try before it starts. */
interface Starting {
  readonly step: Step;
  readonly record: TryRecord;
  readonly retryLimit: number;
  readonly retryIntervalSec: number;
  readonly outputMap: readonly ResolvedOutput[];
  /** What a person is asked after success. */
  readonly prompt: string | null;
  /** It runs other steps or runs. */
  readonly composite: boolean;
  /** Files with resolved text, which go with the try. */
  readonly texts: readonly string[];
}

/** A try that is starting or runs. */
export interface Live extends Starting {
  /** Null until its process has started. */
  running: RunningTry | null;
  timedOut: boolean;
  stopReason: string | null;
  kill: boolean;
  /** It was said that a log has become too large. */
  large: boolean;
  /** That would have been said: both logs were looked at to their ends. */
  measured: boolean;
  cancelTimeout: () => void;
}

/** Written out, so that all of them have one shape: V8 gives an object that is spread together one of its own. */
export function newLive(starting: Starting): Live {
  return {
    step: starting.step,
    record: starting.record,
    retryLimit: starting.retryLimit,
    retryIntervalSec: starting.retryIntervalSec,
    outputMap: starting.outputMap,
    prompt: starting.prompt,
    composite: starting.composite,
    texts: starting.texts,
    running: null,
    timedOut: false,
    stopReason: null,
    kill: false,
    large: false,
    measured: false,
    cancelTimeout: () => undefined,
  };
}

/**
 * Files with resolved text of a try with this work; null: nobody knows. Most make none of them, and to look for each
 * costs more than to know.
 */
export function textsOf(work: Work | null, dir: string): string[] {
  const none =
    work !== null && (work.kind !== 'process' || (work.script === null && work.texts.length === 0));
  return none ? [] : privateTexts(dir);
}
