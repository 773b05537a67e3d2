import type { Dag } from './dag.ts';
import { downstream } from './graph.ts';
import { findStep } from './numbers.ts';
import type { Decision } from './plan-types.ts';
import { openQuestions } from './questions.ts';
import type { Snapshot, StepRecord, TaskRecord } from './records.ts';
import { betweenRepetitions, runOwned } from './states.ts';

/**
 * What became of a try that was running when its owner died. `unknown`: not looked at (`--dry-run` must not
 * fence anything).
 */
export type Found = 'alive' | 'exited' | 'never_started' | 'lost' | 'unknown';

export interface ResumeInput {
  readonly dag: Dag;
  readonly snapshot: Snapshot;
  /** True when the last attempt ended because its owner died. */
  readonly interrupted: boolean;
  /** The step of `--from`, by number. */
  readonly from: number | null;
  /** For every step that is recorded as running. */
  readonly found: ReadonlyMap<number, Found>;
}

export interface ResumePlan {
  /** For the steps of the DAG, in file order. */
  readonly decisions: readonly Decision[];
  /** Steps and handlers that are pending again. */
  readonly run: readonly number[];
  /** Steps and handlers whose process or exit status is taken over. */
  readonly attached: readonly number[];
  /** Steps that fail because their result is unknown and `on_interrupt: fail` forbids another try (R801). */
  readonly unknown: readonly number[];
  /** Steps between two repetitions: they go on at their `dueAt`. */
  readonly repeating: readonly number[];
  /** Answers of people that are taken up. */
  readonly answered: readonly TaskRecord[];
}

/** True when the last attempt ended because its owner died, not in the wait for the next one. */
export function wasInterrupted({ run, attempts }: Snapshot): boolean {
  return runOwned(run.state) && attempts.at(-1)?.finishedAt === null;
}

/** Which steps a resume keeps, takes over and runs (LANGUAGE.md §22.2, RELIABILITY.md R3, R5, R11). Linear. */
export function planResume(input: ResumeInput): ResumePlan {
  const { dag, snapshot, from, found } = input;
  const again = from === null ? new Set<number>() : downstream(dag.steps, [from]);
  const plan = {
    decisions: [] as Decision[],
    run: [] as number[],
    attached: [] as number[],
    unknown: [] as number[],
    repeating: [] as number[],
    answered: [] as TaskRecord[],
  };
  const questions = new Map(openQuestions(snapshot).map((task) => [task.step, task] as const));
  for (const record of snapshot.steps) {
    const number = record.number;
    const { verdict, why } =
      record.kind === 'step'
        ? decideStep(input, record, again, questions.get(number) ?? null)
        : decideHandler(record, input.interrupted, found.get(number) ?? null);
    if (record.kind === 'step') plan.decisions.push({ step: number, label: record.label, verdict, why });
    if (verdict === 'run') plan.run.push(number);
    else if (record.state === 'waiting') plan.answered.push(...answerTo(questions.get(number)));
    else if (verdict === 'wait') plan.repeating.push(number);
    else if (verdict === 'attach') plan.attached.push(number);
    else if (why === RESULT_UNKNOWN) plan.unknown.push(number);
  }
  return plan;
}

const RESULT_UNKNOWN = 'was running when flow stopped, its result is unknown: fails (on_interrupt: fail)';

type Verdict = Pick<Decision, 'verdict' | 'why'>;

function decideStep(
  input: ResumeInput,
  record: StepRecord,
  again: ReadonlySet<number>,
  question: TaskRecord | null,
): Verdict {
  if (again.has(record.number)) {
    return { verdict: 'run', why: record.number === input.from ? 'named by --from' : 'downstream of --from' };
  }
  switch (record.state) {
    case 'succeeded':
    case 'skipped':
      return { verdict: 'keep', why: record.state };
    case 'failed':
      if (record.tolerated) return { verdict: 'keep', why: 'failed, but continue_on allows it' };
      return { verdict: 'run', why: failureWords(record) };
    case 'aborted':
      if (record.reason === 'rejected') return { verdict: 'run', why: rejection(record.message) };
      return { verdict: 'run', why: record.message ?? 'aborted' };
    case 'pending':
      return { verdict: 'run', why: 'not started' };
    case 'waiting':
      return decideWaiting(question);
    case 'retrying':
      return { verdict: 'run', why: 'was waiting for its next try' };
    case 'running': {
      if (betweenRepetitions(record)) {
        return { verdict: 'wait', why: `was between two repetitions, ${record.repetitions} done` };
      }
      const step = findStep(input.dag, record.number);
      const found = input.found.get(record.number) ?? 'unknown';
      // Nothing happens in a wait whose result could be unknown, and it knows when it ends (R5).
      if (step?.action.kind === 'wait.duration')
        return { verdict: 'run', why: 'waits until its original end' };
      return decideRunning(found, step?.onInterrupt ?? 'rerun');
    }
  }
}

/** Without a question it is a child run that waits, and goes on with its parent. */
function decideWaiting(question: TaskRecord | null): Verdict {
  if (question === null) return { verdict: 'run', why: 'its child run waits' };
  const { answer, reason, prompt } = question;
  if (answer === null) return { verdict: 'wait', why: `waits for a person: ${prompt}` };
  return { verdict: 'keep', why: answer === 'rejected' ? rejection(reason) : answer };
}

function rejection(reason: string | null): string {
  return reason === null ? 'rejected' : `rejected: ${reason}`;
}

function answerTo(question: TaskRecord | undefined): TaskRecord[] {
  return question === undefined || question.answer === null ? [] : [question];
}

function failureWords({ message, tries }: StepRecord): string {
  const exitCode = tries.at(-1)?.exitCode ?? null;
  const why = message ?? (exitCode === null ? null : `exit code ${exitCode}`);
  return why === null ? 'failed' : `failed: ${why}`;
}

/** Rule R5, for a try whose owner is dead. */
function decideRunning(found: Found, onInterrupt: 'rerun' | 'fail'): Verdict {
  switch (found) {
    case 'alive':
      return { verdict: 'attach', why: 'still running: flow waits for it' };
    case 'exited':
      return { verdict: 'attach', why: 'ended while flow was away: its result is taken' };
    case 'unknown':
      return { verdict: 'attach', why: 'was running: taken over, or run again if its result is unknown' };
    case 'never_started':
      return { verdict: 'run', why: 'had not started when flow stopped' };
    case 'lost':
      if (onInterrupt === 'fail') return { verdict: 'keep', why: RESULT_UNKNOWN };
      return { verdict: 'run', why: 'was running when flow stopped, its result is unknown' };
  }
}

/** Handlers belong to an attempt and run again, but init and exit stay paired over an interruption (R11, §14). */
function decideHandler(record: StepRecord, interrupted: boolean, found: Found | null): Verdict {
  if (betweenRepetitions(record)) return { verdict: 'wait', why: 'between two repetitions' };
  if (record.state === 'running' && (found === 'alive' || found === 'exited')) {
    return { verdict: 'attach', why: 'still running' };
  }
  if (record.kind === 'init' && interrupted && record.state === 'succeeded')
    return { verdict: 'keep', why: 'done' };
  return { verdict: 'run', why: 'handler' };
}
