import { formatDuration } from '../../base/duration.ts';
import { shortId } from '../../base/ids.ts';
import { displayWidth, padEnd, padStart, truncate, withoutStyles } from '../../base/width.ts';
import { ownSteps } from '../../core/snapshot.ts';
import { runEnded, stepEnded } from '../../core/states.ts';
import type { Paint } from '../../term/color.ts';
import type { Size } from '../../term/sink.ts';
import { goingFor, wholeSeconds } from '../times.ts';
import { count, stateMark } from '../words.ts';
import { liveRows, type LiveRow, type LiveRun, type UsualTimes } from './rows.ts';

export interface FrameFacts {
  /** Wall clock, milliseconds. */
  readonly now: number;
  /** Grows with every frame: it turns the spinner. */
  readonly turn: number;
  readonly usual: UsualTimes | null;
  readonly size: Size;
  readonly paint: Paint;
}

const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const TIME_WIDTH = 6;
const LEAST_TITLE = 10;
/** Of the width, for titles. */
const TITLE_SHARE = 0.4;

/**
 * A run as lines for a terminal: a heading, and below it the tree of its steps. No line is wider than the terminal
 * less one column, and there are at most as many as it has rows, less one for the cursor. When that is too few, what goes
 * on and what failed comes first, then what ended last; one line counts the rest.
 */
export function frameLines(run: LiveRun, facts: FrameFacts): string[] {
  const { columns, rows: height } = facts.size;
  const width = Math.max(1, columns - 1);
  const room = Math.max(1, height - 1);
  const rows = liveRows(run, facts);
  const shown = fitting(rows, room - 1);
  const rest = room < 2 ? 0 : rows.length - shown.length;
  const most = Math.max(LEAST_TITLE, Math.floor(width * TITLE_SHARE));
  const widest = shown.reduce((most, row) => Math.max(most, displayWidth(titleIn(row))), 0);
  const titles = Math.min(most, widest);
  return [
    headingLine(run, facts, width),
    ...shown.map((row) => rowLine(row, titles, width, facts)),
    ...(rest > 0 ? [restLine(rows, shown, width, facts.paint)] : []),
  ];
}

/** The rows that fit into `room` lines, one of which counts the others if there are any. */
function fitting(rows: readonly LiveRow[], room: number): readonly LiveRow[] {
  if (rows.length <= room) return rows;
  const places = Math.max(0, room - 1);
  const byEnd = (a: LiveRow, b: LiveRow): number => (b.endedAt ?? 0) - (a.endedAt ?? 0);
  const hot = rows.filter(({ isHot }) => isHot);
  const cold = rows.filter(({ isHot }) => !isHot).sort(byEnd);
  const chosen = new Set([...hot, ...cold].slice(0, places));
  return rows.filter((row) => chosen.has(row));
}

function headingLine({ snapshot, dag }: LiveRun, facts: FrameFacts, width: number): string {
  const { paint, now, usual } = facts;
  const { run } = snapshot;
  const name = dag?.name ?? run.dag;
  const mark = runEnded(run.state) ? stateMark(run.state, paint) : spinner(run.state, facts);
  const usually = usual?.run ?? 0;
  const parts = runEnded(run.state)
    ? [shortId(run.id)]
    : [
        shortId(run.id),
        ...(run.state === 'aborting' ? ['stopping'] : []),
        progressWords(snapshot),
        ...(run.startedAt === null ? [] : [goingFor(now - run.startedAt)]),
        ...(run.dueAt !== null && run.dueAt > now
          ? [`goes on in ${formatDuration(wholeSeconds(run.dueAt - now))}`]
          : []),
        ...(usually >= 1_000 ? [`usually ${formatDuration(usually)}`] : []),
      ];
  const title = truncate(name, Math.max(1, width - 2));
  const left = width - 2 - displayWidth(title);
  const rest = left < 6 ? '' : truncate(`  ${parts.join('  ')}`, left);
  return `${mark} ${paint('bold', title)}${paint('dim', rest)}`;
}

/** `2 of 5 done, 1 running, 1 failed`; handlers and items do not count. */
function progressWords(snapshot: LiveRun['snapshot']): string {
  const steps = ownSteps(snapshot);
  const number = (state: string): number => steps.filter((step) => step.state === state).length;
  const done = steps.filter(({ state }) => stepEnded(state)).length;
  const others = (['running', 'retrying', 'waiting', 'failed'] as const).map(
    (state) => [number(state), state] as const,
  );
  const words = others.filter(([n]) => n > 0).map(([n, state]) => `${n} ${state}`);
  return [`${done} of ${steps.length} done`, ...words].join(', ');
}

function rowLine(row: LiveRow, titles: number, width: number, facts: FrameFacts): string {
  const { paint } = facts;
  const mark = row.state === 'running' ? spinner('running', facts) : stateMark(row.state, paint);
  const title = padEnd(truncate(titleIn(row), titles), titles);
  const isQuiet = row.state === 'pending' || row.state === 'skipped';
  const head = `${mark} ${isQuiet ? paint('dim', title) : title}`;
  let left = width - 2 - titles;
  if (left < TIME_WIDTH + 2) return head;
  const time = `  ${padStart(row.time, TIME_WIDTH)}`;
  left -= displayWidth(time);
  const notes = row.notes.length === 0 ? '' : truncate(`  ${row.notes.join(', ')}`, Math.max(0, left));
  left -= displayWidth(notes);
  const last = withoutStyles(row.last() ?? '')
    .replaceAll('\t', ' ')
    .trim();
  const bar = '  │ ';
  const tail = last === '' || left < bar.length + 4 ? '' : bar + truncate(last, left - bar.length);
  const style = row.state === 'failed' ? 'error' : row.state === 'retrying' ? 'warning' : null;
  const why = style === null ? notes : paint(style, notes);
  return `${head}${paint('dim', time)}${why}${paint('dim', tail)}`.trimEnd();
}

const COUNTED = [
  'running',
  'retrying',
  'waiting',
  'failed',
  'succeeded',
  'skipped',
  'aborted',
  'pending',
] as const;

/** `… and 340 pending, 120 succeeded`. */
function restLine(rows: readonly LiveRow[], shown: readonly LiveRow[], width: number, paint: Paint): string {
  const left = new Map<string, number>();
  for (const { state } of rows) left.set(state, (left.get(state) ?? 0) + 1);
  for (const { state } of shown) left.set(state, (left.get(state) ?? 0) - 1);
  const parts = COUNTED.map((state) => [left.get(state) ?? 0, state] as const).filter(([n]) => n > 0);
  const words = parts.map(([n, state]) => `${n} ${state}`).join(', ');
  const text = `… and ${words === '' ? count(rows.length - shown.length, 'more line') : words}`;
  return paint('dim', truncate(text, width));
}

function titleIn({ depth, title }: LiveRow): string {
  return '  '.repeat(depth) + title;
}

function spinner(
  state: 'running' | LiveRun['snapshot']['run']['state'],
  { turn, paint }: FrameFacts,
): string {
  if (state !== 'running' && state !== 'aborting') return stateMark(state, paint);
  return paint(state === 'running' ? 'running' : 'aborted', SPINNER[turn % SPINNER.length] ?? '');
}
