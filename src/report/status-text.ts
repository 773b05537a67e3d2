import { formatDuration } from '../base/duration.ts';
import { jsonToText } from '../base/json.ts';
import { shortId } from '../base/ids.ts';
import type { RunRecord, Snapshot } from '../core/records.ts';
import type { ShownRunStatus } from '../core/states.ts';
import type { Paint } from '../term/color.ts';
import { tableLines } from '../term/table.ts';
import { questionLines } from './questions-text.ts';
import type { AskingRun } from './questions-text.ts';
import { stepRows } from './status-rows.ts';
import { ago, localTime } from './times.ts';
import { shownOutputs } from './values.ts';
import { count, reasonWords, stateWords } from './words.ts';

export interface StatusFacts {
  readonly snapshot: Snapshot;
  readonly state: ShownRunStatus;
  /** Its child runs, oldest first. */
  readonly children: readonly RunRecord[];
  /** It and its child runs, as far as they ask people. */
  readonly asking: readonly AskingRun[];
  readonly now: number;
  readonly paint: Paint;
}

/**
 * The run for people (`flow status`): what it is, its steps with state, time, tries and why, what people are asked, how
 * to go on.
 */
export function statusLines({ snapshot, state, children, asking, now, paint }: StatusFacts): string[] {
  const { run } = snapshot;
  const reason = run.reason === null ? '' : `: ${reasonWords(run.reason)}`;
  return [
    `${paint('bold', run.dag)}  ${stateWords(state, paint)}${reason}`,
    '',
    ...tableLines(facts(snapshot, now, paint), { indent: '  ' }),
    '',
    ...tableLines(stepRows(snapshot, children, now, paint), { indent: '  ' }),
    ...questionLines(asking, paint),
    ...nextLines(run.id, state, paint),
  ];
}

/** How to go on with a run that did not succeed; nothing for others. */
export function nextLines(id: string, state: ShownRunStatus, paint: Paint): string[] {
  const resumable: readonly ShownRunStatus[] = ['interrupted', 'failed', 'aborted', 'rejected', 'waiting'];
  if (!resumable.includes(state)) return [];
  const why = state === 'interrupted' ? 'its flow process is gone; ' : '';
  return ['', `${paint('dim', `${why}go on with`)}  ${paint('bold', `flow resume ${shortId(id)}`)}`];
}

function facts({ run, attempts }: Snapshot, now: number, paint: Paint): string[][] {
  const rows: [string, string][] = [['run', run.id]];
  if (run.startedAt !== null)
    rows.push(['started', `${localTime(run.startedAt)}  ${ago(run.startedAt, now)}`]);
  const sat = attempts.reduce((sum, one) => sum + Math.max(0, (one.finishedAt ?? now) - one.startedAt), 0);
  const sittings = attempts.length > 1 ? ` in ${count(attempts.length, 'attempt')}` : '';
  if (run.startedAt !== null) rows.push(['took', `${formatDuration(sat)}${sittings}`]);
  if (run.dueAt !== null && run.dueAt > now)
    rows.push(['goes on', `${localTime(run.dueAt)}  in ${formatDuration(run.dueAt - now)}`]);
  if (run.params.length > 0)
    rows.push(['params', run.params.map((p) => `${p.name}=${quoted(p.value)}`).join(' ')]);
  const labels = Object.entries(run.labels).map(([key, value]) => (value === '' ? key : `${key}=${value}`));
  if (labels.length > 0) rows.push(['labels', labels.join(' ')]);
  if (run.reusedFrom !== null) rows.push(['reuses', run.reusedFrom]);
  for (const [name, value] of Object.entries(shownOutputs(run.outputs))) {
    rows.push(['output', `${name}=${quoted(jsonToText(value))}`]);
  }
  return rows.map(([key, value]) => [paint('dim', key), value]);
}

/** One line, as a shell would take it. */
function quoted(value: string): string {
  if (/^[\w./:@%+,=-]+$/.test(value)) return value;
  return /[\n\r\t\\']/.test(value) ? JSON.stringify(value) : `'${value}'`;
}
