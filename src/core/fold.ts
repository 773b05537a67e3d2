import type { EventOf, RunEvent } from './events.ts';
import type { AttemptRecord, RunRecord, Snapshot, StepRecord, TryRecord } from './records.ts';
import { RUN_TRANSITIONS, STEP_TRANSITIONS, TRY_TRANSITIONS } from './states.ts';
import type { RunStatus, StepStatus, TryStatus } from './states.ts';

/** Which records a series of events changed; the store writes these and no others. */
export class Touched {
  run: RunRecord | null = null;
  readonly attempts = new Set<AttemptRecord>();
  readonly steps = new Set<StepRecord>();
  /** The try, and the number of its step. */
  readonly tries = new Map<TryRecord, number>();
}

/** The state of a run that has only been recorded. */
export function firstSnapshot(event: EventOf<'run.created'>, touched: Touched): Snapshot {
  const { type: _type, at, steps: seeds, ...facts } = event;
  const run: RunRecord = {
    ...facts,
    state: 'queued',
    reason: null,
    attempt: 0,
    owner: null,
    token: 0,
    preconditionsMet: false,
    dueAt: null,
    outputs: {},
    createdAt: at,
    startedAt: null,
    finishedAt: null,
  };
  const steps = seeds.map((seed): StepRecord => ({ ...seed, ...FRESH_STEP, outputs: {}, tries: [] }));
  touched.run = run;
  for (const step of steps) touched.steps.add(step);
  return { run, attempts: [], steps };
}

const FRESH_STEP = {
  state: 'pending',
  reason: null,
  message: null,
  tolerated: false,
  dueAt: null,
  repetitions: 0,
  repeatedTry: 0,
  startedAt: null,
  finishedAt: null,
} as const;

/**
 * Applies one event to a run, in place: the only code that changes a state. The state tables are what this
 * makes of the journal. Throws when the event is not legal in the present state: that is a bug of flow.
 */
export function fold(snapshot: Snapshot, event: RunEvent, touched: Touched): void {
  switch (event.type) {
    case 'run.created':
      throw new Error('a run is created once');
    case 'run.started':
      beginAttempt(snapshot, event, touched);
      snapshot.run.dueAt = event.dueAt;
      return;
    case 'run.params_evaluated':
      snapshot.run.params = event.params;
      touched.run = snapshot.run;
      return;
    case 'run.preconditions_met':
      snapshot.run.preconditionsMet = true;
      touched.run = snapshot.run;
      return;
    case 'run.resumed':
      beginAttempt(snapshot, event, touched);
      for (const number of event.run) resetStep(stepAt(snapshot, number), event.from, touched);
      return;
    case 'run.aborting':
      moveRun(snapshot, 'aborting', touched);
      snapshot.run.reason = event.reason;
      snapshot.run.dueAt = null;
      snapshot.run.owner = event.owner;
      snapshot.run.token = event.token;
      return;
    case 'run.finished':
      finishRun(snapshot, event, touched);
      return;
    case 'step.started':
      startTry(snapshot, event, touched);
      return;
    case 'step.adopted':
      endTry(snapshot, event, 'running', touched);
      return;
    case 'step.lost':
      endTry(snapshot, event, event.verdict === 'unknown' ? 'lost' : 'void', touched);
      return;
    case 'step.retrying':
      endTry(snapshot, event, 'failed', touched);
      explainStep(moveStep(snapshot, event.step, 'retrying', touched), event).dueAt = event.dueAt;
      return;
    case 'step.repeating':
      repeatStep(snapshot, event, touched);
      return;
    case 'step.finished':
      finishStep(snapshot, event, touched);
      return;
    case 'step.aborted':
      endTry(snapshot, event, 'aborted', touched);
      explainStep(moveStep(snapshot, event.step, 'aborted', touched), event).finishedAt = event.at;
      return;
    case 'step.skipped': {
      const step = moveStep(snapshot, event.step, 'skipped', touched);
      step.reason = event.reason;
      step.finishedAt = event.at;
      return;
    }
    case 'step.ready':
    case 'log.warning':
      return;
  }
}

function beginAttempt(
  snapshot: Snapshot,
  event: EventOf<'run.started' | 'run.resumed'>,
  touched: Touched,
): void {
  const { owner, token, at } = event;
  moveRun(snapshot, 'running', touched);
  const { run } = snapshot;
  Object.assign(run, { reason: null, attempt: event.attempt, owner, token, dueAt: null, finishedAt: null });
  run.startedAt ??= at;
  const attempt: AttemptRecord = {
    n: event.attempt,
    owner,
    token,
    state: 'running',
    reason: null,
    startedAt: at,
    finishedAt: null,
  };
  snapshot.attempts.push(attempt);
  touched.attempts.add(attempt);
}

function finishRun(snapshot: Snapshot, event: EventOf<'run.finished'>, touched: Touched): void {
  const ended = { reason: event.reason, finishedAt: event.at };
  if (event.dueAt === null) {
    moveRun(snapshot, event.state, touched);
    Object.assign(snapshot.run, ended, { owner: null, outputs: event.outputs, dueAt: null });
  } else {
    // Root `retry_policy`: this attempt is over, the run is not.
    moveRun(snapshot, 'running', touched);
    Object.assign(snapshot.run, { reason: null, outputs: event.outputs, dueAt: event.dueAt });
  }
  const attempt = snapshot.attempts.at(-1);
  if (attempt === undefined) throw new Error('a run ends with an attempt');
  Object.assign(attempt, ended, { state: event.state });
  touched.attempts.add(attempt);
}

function startTry(snapshot: Snapshot, event: EventOf<'step.started'>, touched: Touched): void {
  const step = moveStep(snapshot, event.step, 'running', touched);
  step.startedAt ??= event.at;
  step.dueAt = null;
  const record: TryRecord = {
    n: event.try,
    attempt: event.attempt,
    inAttempt: event.inAttempt,
    inFlow: event.inFlow,
    state: event.inFlow ? 'running' : 'intent',
    reason: null,
    commandHash: event.commandHash,
    cwd: event.cwd,
    envNames: event.envNames,
    idempotencyKey: event.idempotencyKey,
    outLog: event.outLog,
    errLog: event.errLog,
    exitCode: null,
    signal: null,
    startedAt: event.at,
    finishedAt: null,
  };
  if (record.n !== step.tries.length + 1)
    throw new Error(`try ${record.n} of step ${step.number} is out of order`);
  step.tries.push(record);
  touched.tries.set(record, step.number);
}

function finishStep(snapshot: Snapshot, event: EventOf<'step.finished'>, touched: Touched): void {
  // With `mark_success` a failed try makes a step that succeeded.
  endTry(snapshot, event, event.state === 'succeeded' && !event.tolerated ? 'succeeded' : 'failed', touched);
  const step = explainStep(moveStep(snapshot, event.step, event.state, touched), event);
  step.tolerated = event.tolerated;
  step.outputs = event.outputs;
  step.finishedAt = event.at;
}

function repeatStep(snapshot: Snapshot, event: EventOf<'step.repeating'>, touched: Touched): void {
  endTry(snapshot, event, event.state, touched);
  const step = moveStep(snapshot, event.step, 'running', touched);
  step.dueAt = event.dueAt;
  step.repetitions = event.repetitions;
  step.repeatedTry = event.try ?? step.repeatedTry;
}

type TryEvent = EventOf<
  'step.adopted' | 'step.lost' | 'step.retrying' | 'step.repeating' | 'step.finished' | 'step.aborted'
>;

function endTry(snapshot: Snapshot, event: TryEvent, state: TryStatus, touched: Touched): void {
  if (event.try === null) return;
  const record = stepAt(snapshot, event.step).tries[event.try - 1];
  if (record === undefined) throw new Error(`step ${event.step} has no try ${event.try}`);
  if (record.state !== state && !TRY_TRANSITIONS[record.state].includes(state)) {
    throw new Error(`try ${event.try} of step ${event.step} cannot go from ${record.state} to ${state}`);
  }
  record.state = state;
  if (event.type === 'step.lost') record.finishedAt = event.at;
  else if (event.type !== 'step.adopted') {
    Object.assign(record, {
      reason: event.reason,
      exitCode: event.exitCode,
      signal: event.signal,
      finishedAt: event.at,
    });
  }
  touched.tries.set(record, event.step);
}

function explainStep(
  step: StepRecord,
  event: EventOf<'step.retrying' | 'step.finished' | 'step.aborted'>,
): StepRecord {
  step.reason = event.reason;
  step.message = event.message;
  step.dueAt = null;
  return step;
}

function resetStep(step: StepRecord, from: string | null, touched: Touched): void {
  if (step.state !== 'pending') checkStep(step, 'pending');
  // An interrupted repetition is run again, those before it are done (§22.2); `--from` begins anew.
  const goesOn = from === null && (step.state === 'running' || step.state === 'retrying');
  const { repetitions, repeatedTry } = step;
  Object.assign(step, FRESH_STEP, { outputs: {} }, goesOn ? { repetitions, repeatedTry } : {});
  touched.steps.add(step);
}

function moveStep(snapshot: Snapshot, number: number, state: StepStatus, touched: Touched): StepRecord {
  const step = stepAt(snapshot, number);
  checkStep(step, state);
  step.state = state;
  touched.steps.add(step);
  return step;
}

function checkStep(step: StepRecord, state: StepStatus): void {
  if (STEP_TRANSITIONS[step.state].includes(state)) return;
  throw new Error(`step ${step.label} cannot go from ${step.state} to ${state}`);
}

function moveRun(snapshot: Snapshot, state: RunStatus, touched: Touched): void {
  const { run } = snapshot;
  if (!RUN_TRANSITIONS[run.state].includes(state)) {
    throw new Error(`run ${run.id} cannot go from ${run.state} to ${state}`);
  }
  run.state = state;
  touched.run = run;
}

/** The record of a step by its number. */
export function stepAt(snapshot: Snapshot, number: number): StepRecord {
  const step = snapshot.steps[number - 1];
  if (step === undefined) throw new Error(`run ${snapshot.run.id} has no step ${number}`);
  return step;
}
