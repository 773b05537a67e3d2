import { formatDuration } from '../base/duration.ts';
import { shortId } from '../base/ids.ts';
import type { RunRecord, Snapshot, StepRecord } from '../core/records.ts';
import { stepsInOrder, titleOf } from '../core/snapshot.ts';
import { stepEnded } from '../core/states.ts';
import type { Paint } from '../term/color.ts';
import { took, wholeSeconds } from './times.ts';
import { count, endingWords, stateMark } from './words.ts';

/** Beyond this many rows the items of a foreach step are folded. */
const MOST_ITEM_ROWS = 40;
/** Beyond this many the child runs of a step are counted only. */
const MOST_CHILDREN = 10;

/** The steps of a run as rows of a table: those of a foreach body stand below their step, child runs too. */
export function stepRows(
  snapshot: Snapshot,
  children: readonly RunRecord[],
  now: number,
  paint: Paint,
): string[][] {
  const steps = stepsInOrder(snapshot).filter((step) => step.kind === 'step' || step.state !== 'pending');
  const bodyOf = (parent: number): StepRecord[] => steps.filter(({ item }) => item?.parent === parent);
  const hasItems = new Set(steps.map(({ item }) => item?.parent));
  const own = steps.filter(({ item }) => item === null);
  return own.flatMap((step) => [
    stepRow(step, '', now, paint),
    ...childRows(step, '', children, now, paint),
    ...(hasItems.has(step.number) ? bodyRows(bodyOf(step.number), children, now, paint) : []),
  ]);
}

function bodyRows(
  body: readonly StepRecord[],
  children: readonly RunRecord[],
  now: number,
  paint: Paint,
): string[][] {
  const folded = body.length > MOST_ITEM_ROWS;
  const told = folded ? body.filter(isRemarkable).slice(0, MOST_ITEM_ROWS) : body;
  const rows = told.flatMap((step) => [
    stepRow(step, '  ', now, paint),
    ...childRows(step, '  ', children, now, paint),
  ]);
  const left = body.length - told.length;
  return left === 0 ? rows : [...rows, ['', paint('dim', `  … ${count(left, 'more step')}`)]];
}

/** Worth a line where not all have one: it runs, or it went wrong. */
function isRemarkable({ state, tolerated }: StepRecord): boolean {
  return state === 'failed' ? !tolerated : state !== 'pending' && (!stepEnded(state) || state === 'aborted');
}

function childRows(
  step: StepRecord,
  indent: string,
  all: readonly RunRecord[],
  now: number,
  paint: Paint,
): string[][] {
  const children = all.filter(({ parent }) => parent?.step === step.number);
  const rows = children
    .slice(0, MOST_CHILDREN)
    .map((run) => [
      stateMark(run.state, paint),
      `${indent}  ${paint('dim', 'run')} ${shortId(run.id)}`,
      run.state.replace('_', ' '),
      paint('dim', took(run.startedAt, run.finishedAt, now)),
      run.dag,
    ]);
  const left = children.length - rows.length;
  return left === 0 ? rows : [...rows, ['', paint('dim', `${indent}  … ${count(left, 'more run')}`)]];
}

function stepRow(step: StepRecord, indent: string, now: number, paint: Paint): string[] {
  const notes = [...stepNotes(step, now), step.tries.length > 1 ? `${step.tries.length} tries` : null];
  return [
    stateMark(step.state, paint),
    indent + titleOf(step),
    step.state,
    paint('dim', took(step.startedAt, step.finishedAt, now)),
    notes.filter((note) => note !== null).join(', '),
  ];
}

/** Why a step is in its state, when it goes on, and what else is to be known of it. */
export function stepNotes(step: StepRecord, now: number): string[] {
  const last = step.tries.at(-1);
  const why = endingWords({
    reason: step.reason,
    message: step.message,
    exitCode: last?.exitCode ?? null,
    signal: last?.signal ?? null,
  });
  const notes = [
    step.state === 'succeeded' ? null : why,
    step.partial ? 'its child run only in part' : null,
    step.tolerated ? 'allowed by continue_on' : null,
    step.dueAt !== null && step.dueAt > now
      ? `again in ${formatDuration(wholeSeconds(step.dueAt - now))}`
      : null,
  ];
  return notes.filter((note) => note !== null);
}
