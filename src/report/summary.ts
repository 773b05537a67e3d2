import { shortId } from '../base/ids.ts';
import { runsOthers, writtenStep } from '../core/numbers.ts';
import type { Dag } from '../core/dag.ts';
import type { Snapshot, StepRecord } from '../core/records.ts';
import { titleOf } from '../core/snapshot.ts';
import type { Paint } from '../term/color.ts';
import { limitOf, triesWords } from './event-text.ts';
import { logFiles } from './log-end.ts';
import { questionLines } from './questions-text.ts';
import type { AskingRun } from './questions-text.ts';
import { count, endingWords } from './words.ts';

const MOST_SHOWN = 5;

export interface SummaryFacts {
  readonly snapshot: Snapshot;
  readonly dag: Dag | null;
  /** It and its child runs, as far as they wait. */
  readonly asking: readonly AskingRun[];
  /** The last lines of a step's output. */
  readonly tail: (step: StepRecord) => readonly string[];
  /** Bytes of a log file; 0 when it is gone. */
  readonly logSize: (path: string) => number;
  readonly paint: Paint;
}

/**
 * What a person needs after an attempt that did not succeed: each failed step with the end of its output and the
 * path of its full log, each question with the commands that answer it, and the command to go on. Empty after success.
 */
export function summaryLines(facts: SummaryFacts): string[] {
  const { snapshot, paint } = facts;
  const { state } = snapshot.run;
  if (state === 'succeeded' || state === 'partially_succeeded') return [];
  // Nothing is wrong, and nothing is to be done.
  if (snapshot.run.reason === 'precondition_not_met') return [];
  const failed = snapshot.steps.filter((step) => step.state === 'failed' && !step.tolerated && !step.dropped);
  const lines = failed.slice(0, MOST_SHOWN).flatMap((step) => failure(step, facts));
  if (failed.length > MOST_SHOWN) {
    const more = count(failed.length - MOST_SHOWN, 'more failed step');
    lines.push('', `${more}: flow status ${shortId(snapshot.run.id)}`);
  }
  const questions = state === 'waiting' ? questionLines(facts.asking, paint) : [];
  const then = questions.length > 0 ? 'then go on' : 'go on';
  return [
    ...lines,
    ...questions,
    '',
    `${paint('dim', `${then} with`)}  ${paint('bold', `flow resume ${shortId(snapshot.run.id)}`)}`,
  ];
}

function failure(step: StepRecord, { dag, tail, logSize, paint }: SummaryFacts): string[] {
  const last = step.tries.at(-1);
  // Of its items or child runs, those that failed tell themselves.
  const silent = dag !== null && runsOthers(writtenStep(dag, step));
  const end = endingWords(
    {
      reason: step.reason,
      message: step.message,
      exitCode: last?.exitCode ?? null,
      signal: last?.signal ?? null,
    },
    limitOf(dag, step.number),
  );
  const tried = last === undefined ? null : triesWords(dag, step, last.n);
  const why = [end, tried].filter((part) => part !== null).join(', ');
  return [
    '',
    `${paint('error', `${titleOf(step)} failed`)}${why === '' ? '' : `: ${why}`}`,
    ...(silent ? [] : tail(step)).map((line) => `  ${paint('dim', '│')} ${line}`),
    ...(silent || last === undefined ? [] : logFiles(last))
      .filter((path) => logSize(path) > 0)
      .map((path) => `  ${paint('dim', 'log')}  ${path}`),
  ];
}
