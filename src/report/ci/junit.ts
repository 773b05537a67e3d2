import { logBytes, logSize } from '../log-files.ts';
import { iso } from '../times.ts';
import { reasonWords } from '../words.ts';
import { lastLines, logFiles } from '../log-end.ts';
import type { RunResult, StepResult } from './results.ts';
import { attribute, cdata } from './xml.ts';

/** Bytes of each stream that the report holds: the end. */
const MOST_BYTES = 64 * 1024;

/** What a test case has besides its name and time; null: it passed. */
interface Verdict {
  readonly kind: 'failure' | 'error' | 'skipped';
  readonly type: string;
  readonly message: string;
}

/**
 * A JUnit report in pieces, as Jenkins (junit-10.xsd of its xUnit plugin) and GitLab read it: a test suite for each
 * run, child runs beside their parent, and a test case for each step, with the end of what its last try printed. A step
 * that failed is a failure, one that was aborted or lost an error; one whose failure `continue_on` allows is skipped,
 * because the run does not fail for it.
 */
export function* junitXml(runs: readonly RunResult[]): Generator<string> {
  const cases = runs.flatMap((run) => run.steps.map((step) => verdictOf(run, step)));
  const own = runs[0];
  const head = attribute('name', own?.dag ?? '') + attribute('time', seconds(own?.durationMs ?? 0));
  yield `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites${head}${counts(cases)}>\n`;
  for (const run of runs) yield* suite(run);
  yield '</testsuites>\n';
}

function* suite(run: RunResult): Generator<string> {
  const verdicts = run.steps.map((step) => verdictOf(run, step));
  const name = suiteName(run);
  const skipped = verdicts.filter((verdict) => verdict?.kind === 'skipped').length;
  yield (
    `  <testsuite${attribute('name', name)}${counts(verdicts)}${attribute('skipped', skipped)}` +
    attribute('time', seconds(run.durationMs)) +
    attribute('timestamp', iso(run.startedAt)) +
    `${attribute('id', run.id)}${attribute('file', run.file)}>\n`
  );
  for (const [i, step] of run.steps.entries()) yield testCase(name, step, verdicts[i] ?? null);
  yield '  </testsuite>\n';
}

/** Of a child run with the steps it lies in: one step may run the same DAG more than once. */
function suiteName({ dag, path }: RunResult): string {
  return path === '' ? dag : `${dag} (${path})`;
}

function testCase(suiteTitle: string, step: StepResult, verdict: Verdict | null): string {
  const className = step.foreach === null ? suiteTitle : `${suiteTitle}.${step.foreach}`;
  const head =
    attribute('name', step.title) +
    attribute('classname', className) +
    attribute('time', seconds(step.durationMs));
  return `    <testcase${head}>\n${outcome(step, verdict)}${streams(step)}    </testcase>\n`;
}

function outcome(step: StepResult, verdict: Verdict | null): string {
  if (verdict === null) return '';
  const { kind, type, message } = verdict;
  const head = `      <${kind}${attribute('type', type)}${attribute('message', message)}`;
  if (kind === 'skipped') return `${head}/>\n`;
  // GitLab shows this text and not the message.
  return `${head}>${cdata([message, ...(step.runsOthers ? [] : lastLines(step))].join('\n'))}</${kind}>\n`;
}

function streams({ tries }: StepResult): string {
  const last = tries.at(-1);
  const files = last === undefined ? [] : logFiles(last);
  return files
    .map((path, i) => [i === 0 ? 'system-out' : 'system-err', endOf(path)] as const)
    .filter(([, text]) => text !== '')
    .map(([name, text]) => `      <${name}>${cdata(text)}</${name}>\n`)
    .join('');
}

function endOf(path: string): string {
  const size = logSize(path);
  const from = Math.max(0, size - MOST_BYTES);
  if (size === 0) return '';
  const text = new TextDecoder().decode(Buffer.concat([...logBytes(path, from, size)]));
  return from === 0 ? text : `[flow: ${from} bytes left out here]\n${text}`;
}

function verdictOf(run: RunResult, step: StepResult): Verdict | null {
  const { state, reason, why, tolerated, signal } = step;
  const words = why ?? (reason === null ? state : reasonWords(reason));
  switch (state) {
    case 'succeeded':
      return null;
    case 'failed':
      if (tolerated)
        return { kind: 'skipped', type: 'continue_on', message: `failed, allowed by continue_on: ${words}` };
      // Its result is unknown: nobody can say that it failed.
      if (reason === 'R801') return { kind: 'error', type: reason, message: words };
      return { kind: 'failure', type: reason ?? signal ?? 'exit_code', message: words };
    case 'aborted':
      // Nothing is wrong with such a run: it exits 0.
      if (run.reason === 'precondition_not_met') return { kind: 'skipped', type: run.reason, message: words };
      return { kind: 'error', type: reason ?? 'aborted', message: words };
    case 'skipped':
      return { kind: 'skipped', type: reason ?? 'skipped', message: words };
    case 'waiting':
      return { kind: 'skipped', type: 'waiting', message: 'waits for a person' };
    case 'pending':
    case 'running':
    case 'retrying':
      return { kind: 'skipped', type: state, message: 'has not ended yet' };
  }
}

function counts(verdicts: readonly (Verdict | null)[]): string {
  const of = (kind: Verdict['kind']): number => verdicts.filter((verdict) => verdict?.kind === kind).length;
  return (
    attribute('tests', verdicts.length) +
    attribute('failures', of('failure')) +
    attribute('errors', of('error'))
  );
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(3);
}
