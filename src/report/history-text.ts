import { shortId } from '../base/ids.ts';
import type { TickRecord } from '../core/records.ts';
import type { Paint } from '../term/color.ts';
import { tableLines } from '../term/table.ts';
import type { ShownRun } from './run-json.ts';
import { ago, localTime, took } from './times.ts';
import { count, stateWords } from './words.ts';

/** `flow history`: one line per run and per group of ticks that became no run, newest first, under a heading. */
export function historyLines(
  runs: readonly ShownRun[],
  ticks: readonly TickRecord[],
  now: number,
  paint: Paint,
): string[] {
  const heading = ['RUN', 'DAG', 'STATE', 'STARTED', '', 'TOOK', 'TRIGGER'].map((word) => paint('dim', word));
  const rows = [
    ...runs.map((one) => ({ at: one.run.startedAt ?? one.run.createdAt, cells: runCells(one, now, paint) })),
    ...grouped(ticks).map((group) => ({ at: group.last.scheduledAt, cells: tickCells(group, now, paint) })),
  ];
  // Runs alone stay as they are asked for.
  if (ticks.length > 0) rows.sort((a, b) => b.at - a.at);
  return tableLines([heading, ...rows.map(({ cells }) => cells)]);
}

function runCells({ run, state }: ShownRun, now: number, paint: Paint): string[] {
  return [
    shortId(run.id),
    run.dag,
    stateWords(state, paint),
    localTime(run.startedAt ?? run.createdAt),
    paint('dim', ago(run.startedAt ?? run.createdAt, now)),
    state === 'interrupted' ? '' : took(run.startedAt, run.finishedAt, now),
    run.trigger,
  ];
}

interface Group {
  readonly last: TickRecord;
  readonly count: number;
}

/** Ticks of a DAG that follow each other and share outcome and reason are one line: a night without a daemon. */
function grouped(ticks: readonly TickRecord[]): Group[] {
  const groups: Group[] = [];
  const open = new Map<string, number>();
  for (const tick of ticks) {
    const at = open.get(tick.dag);
    const group = at === undefined ? undefined : groups[at];
    if (at !== undefined && group?.last.outcome === tick.outcome && group.last.reason === tick.reason) {
      groups[at] = { last: group.last, count: group.count + tick.count };
    } else {
      open.set(tick.dag, groups.push({ last: tick, count: tick.count }) - 1);
    }
  }
  return groups;
}

function tickCells({ last, count: n }: Group, now: number, paint: Paint): string[] {
  const mark = last.outcome === 'missed' ? paint('warning', '! missed') : paint('skipped', '– skipped');
  const why = tickWords(last);
  return [
    paint('dim', '–'),
    last.dag,
    mark,
    localTime(last.scheduledAt),
    paint('dim', ago(last.scheduledAt, now)),
    '',
    n === 1 ? `tick: ${why}` : `${count(n, 'tick')}: ${why}`,
  ];
}

const WORDS: Readonly<Record<string, string>> = {
  overlap: 'another run was not done',
  already_succeeded: 'a run had succeeded since the last tick',
  no_daemon: 'no daemon ran',
  invalid_file: 'the file cannot be read',
  missing_params: 'a param has no value',
};

/** Why a tick became no run. */
export function tickWords({ reason, message }: Pick<TickRecord, 'reason' | 'message'>): string {
  return message ?? WORDS[reason ?? ''] ?? reason ?? '';
}
