import { beginAnew, droppedSteps, labelIn, whyAnew } from './anew.ts';
import type { AnewInput } from './anew.ts';
import { downstream } from './graph.ts';
import { findStep } from './numbers.ts';
import type { Decision } from './plan-types.ts';
import type { Snapshot, StepRecord } from './records.ts';
import { betweenRepetitions, runOwned } from './states.ts';

/**
 * What became of a try that was running when its owner died. `unknown`: not looked at (`--dry-run` must not
 * fence anything).
 */
export type Found = 'alive' | 'exited' | 'never_started' | 'lost' | 'unknown';

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
  for (const record of live(input)) {
    const { number, kind } = record;
    const verdict =
      kind === 'step' ? decideStep(input, record, again) : decideHandler(input, record, again.has(number));
    verdicts.set(number, verdict);
  }
  for (const number of input.update?.added ?? []) {
    verdicts.set(number, isChosen(number) ? NEW : { verdict: 'keep', why: 'new, but not selected' });
  }
  if (input.update !== null) followRunning(input, verdicts, again);
  const which = (wanted: Decision['verdict']): number[] =>
    [...verdicts].flatMap(([number, { verdict }]) => (verdict === wanted ? [number] : []));
  const run = which('run');
  return {
    decisions: [...decisions(input, verdicts), ...droppedSteps(input.snapshot, input.update)],
    run,
    anew: new Set(run.filter((number) => again.has(number))),
    attached: which('attach'),
    unknown: [...verdicts].flatMap(([number, { why }]) => (why === RESULT_UNKNOWN ? [number] : [])),
    repeating: which('wait'),
  };
}

const RESULT_UNKNOWN = 'was running when flow stopped, its result is unknown: fails (on_interrupt: fail)';

type Verdict = Pick<Decision, 'verdict' | 'why'>;

const NEW: Verdict = { verdict: 'run', why: 'new' };

/** The rows that go on. */
function live({ snapshot, update }: ResumeInput): StepRecord[] {
  const gone = new Set(update?.dropped);
  return snapshot.steps.filter((record) => !record.dropped && !gone.has(record.number));
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
      return { verdict: 'run', why: record.message ?? 'aborted' };
    case 'pending':
    case 'waiting':
      return { verdict: 'run', why: 'not started' };
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
