import type { Json } from '../base/json.ts';
import { formatDuration } from '../base/duration.ts';
import type { Paint } from '../term/color.ts';
import { tableLines } from '../term/table.ts';
import type { ShownRun } from './run-json.ts';
import { ago, iso, localTime } from './times.ts';
import { stateWords } from './words.ts';

/** A file of the DAG folder. */
export interface ListedDag {
  readonly name: string;
  readonly file: string;
  readonly labels: ReadonlyMap<string, string> | null;
  /** Its entries as they are written; empty without a schedule. */
  readonly schedule: readonly string[];
  readonly last: ShownRun | null;
  /** The next tick; null: there is none, or the schedule is off. */
  readonly next: number | null;
  readonly suspended: boolean;
  /** Why the file cannot be read. */
  readonly problem: string | null;
}

/** `flow list`: a line for each DAG under a heading. */
export function listLines(dags: readonly ListedDag[], now: number, paint: Paint): string[] {
  const heading = ['DAG', 'SCHEDULE', 'NEXT', '', 'LAST', ''].map((word) => paint('dim', word));
  const rows = dags.map(({ name, schedule, last, next, suspended, problem }) => {
    if (problem !== null) return [paint('bold', name), paint('error', `✗ ${problem}`)];
    const begun = last === null ? null : (last.run.startedAt ?? last.run.createdAt);
    return [
      paint('bold', name),
      schedule.join(', '),
      suspended ? paint('warning', 'suspended') : next === null ? '' : localTime(next),
      suspended || next === null ? '' : paint('dim', `in ${formatDuration(next - now)}`),
      last === null ? '' : stateWords(last.state, paint),
      begun === null ? '' : paint('dim', ago(begun, now)),
    ];
  });
  // What is wrong with a file may be long: it must not widen the column.
  const broken = rows.filter((row) => row.length === 2);
  const table = tableLines([heading, ...rows.filter((row) => row.length > 2)]);
  return [...table, ...tableLines(broken)];
}

/** `flow list --json` (CLI.md §8). */
export function listJson(dags: readonly ListedDag[]): { [key: string]: Json } {
  return {
    dags: dags.map(({ name, file, labels, schedule, last, next, suspended, problem }) => ({
      name,
      file,
      labels: Object.fromEntries(labels ?? []),
      schedule: [...schedule],
      suspended,
      next_at: iso(next),
      last_run:
        last === null ? null : { id: last.run.id, state: last.state, started_at: iso(last.run.startedAt) },
      problem,
    })),
  };
}
