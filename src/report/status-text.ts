import { formatDuration } from '../base/duration.ts';
import { jsonToText } from '../base/json.ts';
import { shortId } from '../base/ids.ts';
import type { Snapshot, StepRecord } from '../core/records.ts';
import { stepsInOrder } from '../core/snapshot.ts';
import type { ShownRunStatus } from '../core/states.ts';
import type { Paint } from '../term/color.ts';
import { tableLines } from '../term/table.ts';
import { ago, localTime, took } from './times.ts';
import { shownOutputs } from './values.ts';
import { count, endingWords, reasonWords, stateMark, stateWords } from './words.ts';

/** The run for people (`flow status`): what it is, its steps with state, time, tries and why, how to go on. */
export function statusLines(snapshot: Snapshot, state: ShownRunStatus, now: number, paint: Paint): string[] {
  const { run } = snapshot;
  const steps = stepsInOrder(snapshot).filter((step) => step.kind === 'step' || step.state !== 'pending');
  const reason = run.reason === null ? '' : `: ${reasonWords(run.reason)}`;
  return [
    `${paint('bold', run.dag)}  ${stateWords(state, paint)}${reason}`,
    '',
    ...tableLines(facts(snapshot, now, paint), { indent: '  ' }),
    '',
    ...tableLines(
      steps.map((step) => stepRow(step, now, paint)),
      { indent: '  ' },
    ),
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

function stepRow(step: StepRecord, now: number, paint: Paint): string[] {
  const last = step.tries.at(-1);
  const why = endingWords({
    reason: step.reason,
    message: step.message,
    exitCode: last?.exitCode ?? null,
    signal: last?.signal ?? null,
  });
  const notes = [
    step.state === 'succeeded' ? null : why,
    step.tries.length > 1 ? `${step.tries.length} tries` : null,
    step.dueAt !== null && step.dueAt > now ? `again in ${formatDuration(step.dueAt - now)}` : null,
    step.tolerated ? 'allowed by continue_on' : null,
  ].filter((note) => note !== null);
  return [
    stateMark(step.state, paint),
    step.label,
    step.state,
    paint('dim', took(step.startedAt, step.finishedAt, now)),
    notes.join(', '),
  ];
}

/** One line, as a shell would take it. */
function quoted(value: string): string {
  if (/^[\w./:@%+,=-]+$/.test(value)) return value;
  return /[\n\r\t\\']/.test(value) ? JSON.stringify(value) : `'${value}'`;
}
