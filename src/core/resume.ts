import type { Dag, Step } from './dag.ts';
import { downstream } from './graph.ts';
import { findStep } from './numbers.ts';
import type { Decision } from './plan-types.ts';
import { openQuestions } from './questions.ts';
import type { Snapshot, StepRecord, TaskRecord } from './records.ts';
import { betweenRepetitions, runOwned } from './states.ts';

/**
 * What became of a try that was running when its owner died. `unknown`: not looked at (`--dry-run` must not
 * fence anything). `goes_on`: it runs other steps or runs, which are looked after by themselves.
 */
export type Found = 'alive' | 'exited' | 'never_started' | 'lost' | 'goes_on' | 'unknown';

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
  /** Steps that run other steps or runs: their last try goes on. */
  readonly goingOn: readonly number[];
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
  const plan: MutablePlan = {
    ...{ decisions: [], run: [], attached: [], unknown: [], repeating: [], goingOn: [], answered: [] },
  };
  const questions = new Map(openQuestions(snapshot).map((task) => [task.step, task] as const));
  for (const record of snapshot.steps) {
    const number = record.number;
    if (record.dropped) continue;
    const question = again.has(number) ? undefined : questions.get(number);
    if (question !== undefined) {
      plan.decisions.push({ step: number, label: record.label, ...decideQuestion(question) });
      if (question.answer !== null) plan.answered.push(question);
      continue;
    }
    if (record.item !== null) {
      if (plan.goingOn.includes(record.item.parent)) takeUpBodyStep(input, record, plan);
      continue;
    }
    const { verdict, why } =
      record.kind === 'step'
        ? decideStep(input, record, again)
        : decideHandler(record, input.interrupted, found.get(number) ?? null);
    if (record.kind === 'step') plan.decisions.push({ step: number, label: record.label, verdict, why });
    if (verdict === 'run') plan.run.push(number);
    else if (verdict === 'wait') plan.repeating.push(number);
    else if (why === ITEMS_GO_ON || why === CHILD_GOES_ON) plan.goingOn.push(number);
    else if (verdict === 'attach') plan.attached.push(number);
    else if (why === RESULT_UNKNOWN) plan.unknown.push(number);
  }
  return plan;
}

type MutablePlan = { -readonly [K in keyof ResumePlan]: ResumePlan[K][number][] };

const ITEMS_GO_ON = 'goes on with the items that have not ended well';
const CHILD_GOES_ON = 'goes on with what its child run has left';
const RESULT_UNKNOWN = 'was running when flow stopped, its result is unknown: fails (on_interrupt: fail)';

type Verdict = Pick<Decision, 'verdict' | 'why'>;

function decideStep(input: ResumeInput, record: StepRecord, again: ReadonlySet<number>): Verdict {
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
    case 'waiting':
      if (record.tries.at(-1)?.state === 'running') return { verdict: 'attach', why: CHILD_GOES_ON };
      return { verdict: 'run', why: 'not started' };
    case 'pending':
      return { verdict: 'run', why: 'not started' };
    case 'retrying':
      return { verdict: 'run', why: 'was waiting for its next try' };
    case 'running': {
      if (betweenRepetitions(record)) {
        return { verdict: 'wait', why: `was between two repetitions, ${record.repetitions} done` };
      }
      const step = findStep(input.dag, record.number);
      const found = input.found.get(record.number) ?? 'unknown';
      if (found === 'goes_on') {
        return { verdict: 'attach', why: step?.action.kind === 'foreach' ? ITEMS_GO_ON : CHILD_GOES_ON };
      }
      // Nothing happens in a wait whose result could be unknown, and it knows when it ends (R5).
      if (step?.action.kind === 'wait.duration')
        return { verdict: 'run', why: 'waits until its original end' };
      return decideRunning(found, step?.onInterrupt ?? 'rerun');
    }
  }
}

/** The step waits for a person, or its answer is taken up. */
function decideQuestion({ answer, reason, prompt }: TaskRecord): Verdict {
  const [line = ''] = prompt.trim().split('\n');
  if (answer === null) return { verdict: 'wait', why: `waits for a person: ${line}` };
  return { verdict: 'keep', why: answer === 'rejected' ? rejection(reason) : answer };
}

function rejection(reason: string | null): string {
  return reason === null ? 'rejected' : `rejected: ${reason}`;
}

/** A step of a foreach body that ran when its owner died; what must run again is found out with the items. */
function takeUpBodyStep(input: ResumeInput, record: StepRecord, plan: MutablePlan): void {
  const { number, state } = record;
  const childWaits = state === 'waiting' && record.tries.at(-1)?.state === 'running';
  if ((state !== 'running' && !childWaits) || betweenRepetitions(record)) return;
  const found = input.found.get(number) ?? 'unknown';
  if (found === 'goes_on' || childWaits) {
    plan.goingOn.push(number);
    return;
  }
  const { verdict, why } = decideRunning(found, bodyStep(input.dag, record)?.onInterrupt ?? 'rerun');
  if (verdict === 'attach') plan.attached.push(number);
  else if (why === RESULT_UNKNOWN) plan.unknown.push(number);
}

function bodyStep(dag: Dag, { item }: StepRecord): Step | undefined {
  const action = item === null ? undefined : findStep(dag, item.parent)?.action;
  return action?.kind === 'foreach' ? action.steps[item?.body ?? -1] : undefined;
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
    case 'goes_on':
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
