import type { RunningTry } from './launch.ts';

/** What a dead owner left to this attempt, by the number of the step (LANGUAGE.md §22.2). */
export interface Heritage {
  /** Tries whose process lives, or has left its result. */
  readonly attached: Map<number, RunningTry>;
  /** Entries of a `run` list that are done and not run again. */
  readonly entriesDone: Map<number, number>;
  /** Steps between two repetitions. */
  readonly repeating: readonly number[];
  /** Steps that run other steps or runs: their last try goes on. */
  readonly goingOn: readonly number[];
  /** Body steps that failed because their result is unknown, and may not run again (R801). */
  readonly settled: ReadonlySet<number>;
}

export function noHeritage(): Heritage {
  return { attached: new Map(), entriesDone: new Map(), repeating: [], goingOn: [], settled: new Set() };
}
