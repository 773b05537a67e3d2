import { formatDuration } from '../../base/duration.ts';
import { shortId } from '../../base/ids.ts';
import type { Dag } from '../../core/dag.ts';
import { runsOthers, writtenStep } from '../../core/numbers.ts';
import type { Snapshot, StepRecord } from '../../core/records.ts';
import { stepsInOrder, titleOf } from '../../core/snapshot.ts';
import { betweenRepetitions, runEnded, stepEnded } from '../../core/states.ts';
import { triesWords } from '../event-text.ts';
import { stepNotes } from '../status-rows.ts';
import { goingFor } from '../times.ts';
import type { AnyState } from '../words.ts';

/** A run that is shown live, with the child runs of its steps. */
export interface LiveRun {
  readonly snapshot: Snapshot;
  /** What it is called among other child runs of its step; null: by its DAG and id. */
  readonly label: string | null;
  /** For limits of tries; null when the definition is not at hand. */
  readonly dag: Dag | null;
  /** By the number of the step that runs them. */
  readonly children: ReadonlyMap<number, readonly LiveRun[]>;
  /** The last line that a step has printed; null: none is known. */
  readonly lastLine: (step: StepRecord) => string | null;
}

/** How long runs of a DAG and its steps, by label, usually take, in milliseconds. */
export interface UsualTimes {
  readonly run: number | null;
  readonly steps: ReadonlyMap<string, number>;
}

/** One line of the tree. */
export interface LiveRow {
  readonly state: AnyState;
  readonly depth: number;
  readonly title: string;
  /** `4.1s`, or empty. */
  readonly time: string;
  readonly notes: readonly string[];
  /** The last line it has printed; looked up only when the row is shown. */
  readonly last: () => string | null;
  /** Shown before all others when there is no room for all: it goes on, or it did not end well. */
  readonly isHot: boolean;
  /** When it ended; null: it has not, or never began. */
  readonly endedAt: number | null;
}

export interface RowFacts {
  readonly now: number;
  readonly usual: UsualTimes | null;
}

/** Shorter ones are not worth a word. */
const LEAST_USUAL_MS = 1_000;

/** The steps of a run from top to bottom; below them their items and the steps of child runs that have not ended well. */
export function liveRows(run: LiveRun, facts: RowFacts, depth = 0): LiveRow[] {
  const steps = stepsInOrder(run.snapshot).filter(
    ({ kind, state }) => kind === 'step' || state !== 'pending',
  );
  return steps.flatMap((step) => {
    const own = depth + (step.item === null ? 0 : 1);
    const children = run.children.get(step.number) ?? [];
    const told = children.filter(({ snapshot }) => snapshot.run.state !== 'succeeded');
    const below = told.flatMap((child) => [
      ...(children.length > 1 ? [childRow(child, facts, own + 1)] : []),
      ...liveRows(child, { ...facts, usual: null }, own + (children.length > 1 ? 2 : 1)),
    ]);
    return [stepRow(step, run, facts, own), ...below];
  });
}

function stepRow(step: StepRecord, run: LiveRun, { now, usual }: RowFacts, depth: number): LiveRow {
  const { state, startedAt, finishedAt, tolerated } = step;
  const hasNoLine = state === 'pending' || state === 'skipped' || accounts(step, run);
  const hasBegun = startedAt !== null;
  const isGoing = state === 'running' || state === 'retrying' || state === 'waiting';
  const usually = usual?.steps.get(step.label) ?? 0;
  const tried = step.tries.length === 0 ? null : triesWords(run.dag, step, step.tries.length);
  const notes = [
    ...stepNotes(step, now),
    step.tries.length > 1 ? tried : null,
    state === 'running' && step.item === null && usually >= LEAST_USUAL_MS
      ? `usually ${formatDuration(usually)}`
      : null,
  ];
  return {
    state: betweenRepetitions(step) ? 'retrying' : state,
    depth,
    title: titleOf(step),
    time: startedAt === null || state === 'skipped' ? '' : lasted(startedAt, finishedAt, now),
    notes: notes.filter((note) => note !== null),
    last: () => (hasNoLine ? null : run.lastLine(step)),
    isHot: isGoing || (state === 'failed' && !tolerated) || (state === 'aborted' && hasBegun),
    endedAt: stepEnded(state) && hasBegun ? finishedAt : null,
  };
}

/** What a step of items or of child runs prints is an account of them. */
function accounts(step: StepRecord, { dag }: LiveRun): boolean {
  return dag !== null && runsOthers(writtenStep(dag, step));
}

function childRow({ snapshot, label }: LiveRun, { now }: RowFacts, depth: number): LiveRow {
  const { run } = snapshot;
  return {
    ...{
      state: run.state,
      depth,
      title: label ?? `${run.dag} ${shortId(run.id)}`,
      notes: [],
      last: () => null,
    },
    time: run.startedAt === null ? '' : lasted(run.startedAt, run.finishedAt, now),
    isHot: !runEnded(run.state),
    endedAt: run.finishedAt,
  };
}

function lasted(startedAt: number, finishedAt: number | null, now: number): string {
  return finishedAt === null
    ? goingFor(now - startedAt)
    : formatDuration(Math.max(0, finishedAt - startedAt));
}
