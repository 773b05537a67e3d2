import type { Dag, Step } from './dag.ts';
import { beginAnew, droppedSteps, labelIn, whyAnew } from './anew.ts';
import type { AnewInput } from './anew.ts';
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

export interface ResumeInput extends AnewInput {
  readonly snapshot: Snapshot;
  /** True when the last attempt ended because its owner died. */
  readonly interrupted: boolean;
  /** For every step that is recorded as running. */
  readonly found: ReadonlyMap<number, Found>;
}

export interface ResumePlan {
  /** For the steps of the DAG, in file order, then for those that are dropped. */
  readonly decisions: readonly Decision[];
  /** Steps and handlers that are pending again. */
  readonly run: readonly number[];
  /** Those of `run` that begin anew on purpose, whatever had become of them. */
  readonly anew: ReadonlySet<number>;
  /** Steps and handlers whose process or exit status is taken over. */
  readonly attached: readonly number[];
  /** Steps that fail because their result is unknown and `on_interrupt: fail` forbids another try (R801). */
  readonly unknown: readonly number[];
  /** Steps between two repetitions: they go on at their `dueAt`. */
  readonly repeating: readonly number[];
  /** Steps that run other steps or runs: their last try goes on. */
  readonly goingOn: readonly number[];
  /** Questions that have been answered: their steps end with the answer. */
  readonly answered: readonly TaskRecord[];
}

/** True when the last attempt ended because its owner died, not in the wait for the next one. */
export function wasInterrupted({ run, attempts }: Snapshot): boolean {
  return runOwned(run.state) && attempts.at(-1)?.finishedAt === null;
}

/** Which steps a resume keeps, takes over, runs and drops (LANGUAGE.md §22.2–§22.4, RELIABILITY.md R3, R5, R11). Linear. */
export function planResume(input: ResumeInput): ResumePlan {
  const verdicts = new Map<number, Verdict>();
  const isChosen = chosen(input);
  const again = beginAnew(input, isChosen);
  for (const number of again.keys()) if (number !== input.from && !isChosen(number)) again.delete(number);
  const questions = new Map(openQuestions(input.snapshot).map((task) => [task.step, task] as const));
  for (const record of live(input)) {
    const { number, kind } = record;
    const question = again.has(number) ? undefined : questions.get(number);
    if (question !== undefined) verdicts.set(number, decideQuestion(question));
    else if (kind === 'step') verdicts.set(number, decideStep(input, record, again));
    else verdicts.set(number, decideHandler(input, record, again.has(number)));
  }
  for (const number of input.update?.added ?? []) {
    verdicts.set(number, isChosen(number) ? NEW : { verdict: 'keep', why: 'new, but not selected' });
  }
  if (input.update !== null) followRunning(input, verdicts, again);
  const plan = planOf(input, verdicts, again, questions);
  for (const record of input.snapshot.steps) {
    if (record.item !== null && !record.dropped && plan.goingOn.includes(record.item.parent))
      takeUpBodyStep(input, record, plan);
  }
  return plan;
}

type MutablePlan = Omit<ResumePlan, 'attached' | 'goingOn' | 'unknown'> &
  Record<'attached' | 'goingOn' | 'unknown', number[]>;

function planOf(
  input: ResumeInput,
  verdicts: ReadonlyMap<number, Verdict>,
  again: ReadonlyMap<number, number>,
  questions: ReadonlyMap<number, TaskRecord>,
): MutablePlan {
  const which = (wanted: Decision['verdict']): number[] =>
    [...verdicts].flatMap(([number, { verdict }]) => (verdict === wanted ? [number] : []));
  const because = (...reasons: readonly string[]): number[] =>
    [...verdicts].flatMap(([number, { why }]) => (reasons.includes(why) ? [number] : []));
  const run = which('run');
  const goingOn = because(ITEMS_GO_ON, CHILD_GOES_ON);
  return {
    decisions: [...decisions(input, verdicts), ...droppedSteps(input.snapshot, input.update)],
    run,
    anew: new Set(run.filter((number) => again.has(number))),
    attached: which('attach').filter((number) => !goingOn.includes(number)),
    unknown: because(RESULT_UNKNOWN),
    repeating: which('wait').filter((number) => !questions.has(number)),
    goingOn,
    answered: [...questions.values()].filter(
      ({ step, answer }) => answer !== null && verdicts.get(step)?.verdict !== 'run',
    ),
  };
}

const ITEMS_GO_ON = 'goes on with the items that have not ended well';
const CHILD_GOES_ON = 'goes on with what its child run has left';
const RESULT_UNKNOWN = 'was running when flow stopped, its result is unknown: fails (on_interrupt: fail)';

type Verdict = Pick<Decision, 'verdict' | 'why'>;

const NEW: Verdict = { verdict: 'run', why: 'new' };

/** The rows of the DAG itself that go on. */
function live({ snapshot, update }: ResumeInput): StepRecord[] {
  const gone = new Set(update?.dropped);
  return snapshot.steps.filter(({ number, item, dropped }) => item === null && !dropped && !gone.has(number));
}

/** What `--only` left out stays out; handlers always belong to the run. */
function chosen({ dag, snapshot }: ResumeInput): (number: number) => boolean {
  if (snapshot.run.selected === null) return () => true;
  const selected = new Set(snapshot.run.selected);
  return (number) => selected.has(number) || findStep(dag, number)?.kind !== 'step';
}

/**
 * A step that now depends on one that runs is run after it, also when nothing but its `depends` changed: what is kept
 * lies never downstream of what runs.
 */
function followRunning(input: ResumeInput, verdicts: Map<number, Verdict>, again: Map<number, number>): void {
  const { dag } = input;
  const runs = dag.steps.map((step) => step.number).filter((n) => verdicts.get(n)?.verdict !== 'keep');
  const reached = downstream(dag.steps, runs);
  const isChosen = chosen(input);
  for (const { number, depends } of dag.steps) {
    const verdict = verdicts.get(number);
    const above = depends.find((dependency) => reached.has(dependency));
    if (above === undefined || verdict?.verdict === 'run' || verdict?.why === RESULT_UNKNOWN) continue;
    if (!isChosen(number)) continue;
    verdicts.set(number, { verdict: 'run', why: `downstream of ${labelIn(dag, above)}` });
    again.set(number, above);
  }
}

function decisions({ dag }: ResumeInput, verdicts: ReadonlyMap<number, Verdict>): Decision[] {
  return dag.steps.flatMap(({ number, label }) => {
    const verdict = verdicts.get(number);
    return verdict === undefined ? [] : [{ step: number, label, ...verdict }];
  });
}

function decideStep(input: ResumeInput, record: StepRecord, again: ReadonlyMap<number, number>): Verdict {
  const origin = again.get(record.number);
  if (origin !== undefined) return { verdict: 'run', why: whyAnew(input, record.number, origin) };
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
      // Its child run waits: with a question of its own it would not have come here.
      return { verdict: 'attach', why: CHILD_GOES_ON };
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

/** The step waits for a person, or its answer is taken up. */
function decideQuestion({ answer, reason, prompt }: TaskRecord): Verdict {
  const [line = ''] = prompt.trim().split('\n');
  if (answer === null) return { verdict: 'wait', why: `waits for a person: ${line}` };
  return { verdict: 'keep', why: answer === 'rejected' ? rejection(reason) : answer };
}

function rejection(reason: string | null): string {
  return reason === null ? 'rejected' : `rejected: ${reason}`;
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
function decideHandler({ interrupted, found }: ResumeInput, record: StepRecord, changed: boolean): Verdict {
  if (changed) return { verdict: 'run', why: 'handler' };
  if (betweenRepetitions(record)) return { verdict: 'wait', why: 'between two repetitions' };
  const process = found.get(record.number);
  if (record.state === 'running' && (process === 'alive' || process === 'exited')) {
    return { verdict: 'attach', why: 'still running' };
  }
  if (record.kind === 'init' && interrupted && record.state === 'succeeded')
    return { verdict: 'keep', why: 'done' };
  return { verdict: 'run', why: 'handler' };
}
