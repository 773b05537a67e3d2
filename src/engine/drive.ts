import type { Dag } from '../core/dag.ts';
import type { RunOptions } from './types.ts';

/** What one phase of an attempt does: its steps, or one handler. */
export interface Drive {
  /** The next step that may start, taken out; without a free place one that takes none. */
  readonly next: (hasPlace: boolean) => number | null;
  /** Steps that became ready and found no place, each once. */
  readonly waiting: () => number[];
  readonly done: () => boolean;
}

/** Steps that may run at the same time: the smallest limit that is set. */
export function places(options: RunOptions, dag: Dag): number {
  const limits = [options.jobs, options.maxProcesses, dag.maxActiveSteps].filter((n) => n > 0);
  return Math.min(Number.POSITIVE_INFINITY, ...limits);
}
