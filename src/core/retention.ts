import type { Dag } from './dag.ts';

/** How long ended runs of a DAG are kept: by age, or so many of them (LANGUAGE.md §21.4). */
export interface Retention {
  /** 0: no longer than until the next one ends. */
  readonly days: number;
  /** Counts instead of `days` when it is not null. */
  readonly runs: number | null;
}

export const DEFAULT_RETENTION: Retention = { days: 30, runs: null };

const DAY_MS = 86_400_000;

export function retentionOf(dag: Dag & { readonly retention?: Retention }): Retention {
  return dag.retention ?? DEFAULT_RETENTION;
}

/** Which ended runs a retention lets go: beyond the newest `keep`, and ended before that instant if it is not null. */
export function beyond({ days, runs }: Retention, now: number): { endedBefore: number | null; keep: number } {
  if (runs !== null) return { endedBefore: null, keep: runs };
  return { endedBefore: now - days * DAY_MS, keep: days === 0 ? 1 : 0 };
}
