import { shortId } from '../base/ids.ts';
import type { Paint } from '../term/color.ts';
import { tableLines } from '../term/table.ts';
import type { ShownRun } from './run-json.ts';
import { ago, localTime, took } from './times.ts';
import { stateWords } from './words.ts';

/** `flow history`: one line per run, newest first, under a heading. */
export function historyLines(runs: readonly ShownRun[], now: number, paint: Paint): string[] {
  const heading = ['RUN', 'DAG', 'STATE', 'STARTED', '', 'TOOK', 'TRIGGER'].map((word) => paint('dim', word));
  const rows = runs.map(({ run, state }) => [
    shortId(run.id),
    run.dag,
    stateWords(state, paint),
    localTime(run.startedAt ?? run.createdAt),
    paint('dim', ago(run.startedAt ?? run.createdAt, now)),
    state === 'interrupted' ? '' : took(run.startedAt, run.finishedAt, now),
    run.trigger,
  ]);
  return tableLines([heading, ...rows]);
}
