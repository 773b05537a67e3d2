import { shortId } from '../base/ids.ts';
import type { Dag } from '../core/dag.ts';
import type { Snapshot, StepRecord } from '../core/records.ts';
import type { Paint } from '../term/color.ts';
import { limitOf, triesWords } from './event-text.ts';
import { count, endingWords } from './words.ts';

const MOST_SHOWN = 5;

export interface SummaryFacts {
  readonly snapshot: Snapshot;
  readonly dag: Dag | null;
  /** The last lines of a step's output. */
  readonly tail: (step: number) => readonly string[];
  /** False for a log file that is empty or gone. */
  readonly hasOutput: (path: string) => boolean;
  readonly paint: Paint;
}

/**
 * What a person needs after an attempt that did not succeed: each failed step with the end of its output and the
 * path of its full log, and the command to go on. Empty after success.
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
  return [
    ...lines,
    '',
    `${paint('dim', 'go on with')}  ${paint('bold', `flow resume ${shortId(snapshot.run.id)}`)}`,
  ];
}

function failure(step: StepRecord, { dag, tail, hasOutput, paint }: SummaryFacts): string[] {
  const last = step.tries.at(-1);
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
    `${paint('error', `${step.label} failed`)}${why === '' ? '' : `: ${why}`}`,
    ...tail(step.number).map((line) => `  ${paint('dim', '│')} ${line}`),
    ...logPaths(step)
      .filter(hasOutput)
      .map((path) => `  ${paint('dim', 'log')}  ${path}`),
  ];
}

/** The log files of the last try; both streams may share one. */
function logPaths(step: StepRecord): string[] {
  const last = step.tries.at(-1);
  return last === undefined ? [] : [...new Set([last.outLog, last.errLog])];
}
