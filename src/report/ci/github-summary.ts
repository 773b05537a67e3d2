import { appendFileSync } from 'node:fs';
import { formatDuration } from '../../base/duration.ts';
import { shortId } from '../../base/ids.ts';
import type { Dag } from '../../core/dag.ts';
import { plainPaint } from '../../term/color.ts';
import type { Reporter } from '../reporter.ts';
import { count, reasonWords, stateWords } from '../words.ts';
import { lastLines } from '../log-end.ts';
import { fenced, markdownText } from './markdown.ts';
import { atTheEnd, type RunResult, type StepResult } from './results.ts';

/** GitHub takes no more than 1 MiB for all that a step of a job appends; most of it is the ends of outputs. */
const MOST_ROWS = 200;
const MOST_FAILURES = 20;

/**
 * The summary of a step of a GitHub job ($GITHUB_STEP_SUMMARY): its steps in a table, the end of what the failed ones
 * printed, and the command to go on. When the file cannot be written, `warn` is told and nothing else happens.
 */
export function githubSummary(path: string, dag: Dag, warn: (message: string) => void): Reporter {
  return atTheEnd(dag, (runs) => {
    try {
      appendFileSync(path, summaryOf(runs));
    } catch (error) {
      warn(`cannot write the step summary ${path}: ${(error as Error).message}`);
    }
  });
}

/** As Markdown; the run itself comes first in `runs`. */
export function summaryOf(runs: readonly RunResult[]): string {
  const [own] = runs;
  if (own === undefined) return '';
  const all = runs.flatMap((run) => run.steps.map((step) => ({ step, title: titleIn(run, step) })));
  const failed = all.filter(({ step }) => step.state === 'failed' && !step.tolerated);
  return [
    `### ${stateWords(own.state, plainPaint)}: ${markdownText(own.dag)} ${notesOf(own)}\n`,
    table(all),
    ...failed.slice(0, MOST_FAILURES).map(({ step, title }) => failure(step, title)),
    ...more(failed.length - MOST_FAILURES, 'more failed step'),
    ...(mayGoOn(own) ? [`Go on with \`flow resume ${shortId(own.id)}\`.\n`] : []),
  ].join('\n');
}

function notesOf({ reason, durationMs }: RunResult): string {
  const why = reason === null ? [] : [markdownText(reasonWords(reason))];
  return `(${[...why, formatDuration(durationMs)].join(', ')})`;
}

interface Row {
  readonly step: StepResult;
  readonly title: string;
}

function titleIn({ path }: RunResult, { title }: StepResult): string {
  return path === '' ? title : `${path}/${title}`;
}

function table(rows: readonly Row[]): string {
  const lines = rows.slice(0, MOST_ROWS).map(({ step, title }) => {
    const allowed = step.tolerated ? ', allowed by continue_on' : '';
    const state = `${stateWords(step.state, plainPaint)}${allowed}`;
    const took = step.tries.length === 0 ? '' : formatDuration(step.durationMs);
    return `| ${markdownText(title)} | ${state} | ${took} | ${step.tries.length} |`;
  });
  return [
    '| step | state | duration | tries |',
    '|---|---|--:|--:|',
    ...lines,
    ...more(rows.length - MOST_ROWS, 'more step'),
    '',
  ].join('\n');
}

function more(n: number, noun: string): string[] {
  return n > 0 ? ['', `… ${count(n, noun)}`] : [];
}

function failure(step: StepResult, title: string): string {
  const head = `**${markdownText(title)} failed**${step.why === null ? '' : `: ${markdownText(step.why)}`}\n`;
  const lines = step.runsOthers ? [] : lastLines(step);
  return lines.length === 0 ? head : `${head}\n${fenced(lines)}`;
}

function mayGoOn({ state, reason }: RunResult): boolean {
  return state !== 'succeeded' && state !== 'partially_succeeded' && reason !== 'precondition_not_met';
}
