import type { EventOf, StepSeed } from './events.ts';
import type { Snapshot, StepRecord, TaskRecord, TryRecord } from './records.ts';
import { stepAt } from './snapshot.ts';
import { STEP_TRANSITIONS, TRY_TRANSITIONS } from './states.ts';
import type { StepStatus, TryStatus } from './states.ts';
import type { Touched } from './touched.ts';

const FRESH_STEP = {
  state: 'pending',
  reason: null,
  message: null,
  tolerated: false,
  partial: false,
  dueAt: null,
  repetitions: 0,
  repeatedTry: 0,
  startedAt: null,
  finishedAt: null,
} as const;

/** Written out: V8 gives an object that is spread together a shape of its own, and a run has a row for each step. */
export function newStep(
  { number, kind, id, name, label }: StepSeed,
  item: StepRecord['item'],
  touched: Touched,
): StepRecord {
  const step: StepRecord = {
    number,
    kind,
    id,
    name,
    label,
    item,
    generation: 0,
    dropped: false,
    state: 'pending',
    reason: null,
    message: null,
    tolerated: false,
    partial: false,
    dueAt: null,
    repetitions: 0,
    repeatedTry: 0,
    outputs: {},
    startedAt: null,
    finishedAt: null,
    tries: [],
  };
  touched.steps.add(step);
  return step;
}

/** The items of a foreach try: rows for new ones, those to run again are pending. */
export function setItems(snapshot: Snapshot, event: EventOf<'step.items'>, touched: Touched): void {
  const { step: parent, items, body } = event;
  const { generation } = stepAt(snapshot, parent);
  for (const number of event.dropped) dropStep(stepAt(snapshot, number), touched);
  for (const { index, key, hash, first } of items) {
    for (const [place, seed] of body.entries()) {
      const item = { parent, body: place, index, key, hash, generation };
      const known = snapshot.steps[first + place - 1];
      if (known === undefined) {
        const number = first + place;
        addStep(snapshot, newStep({ ...seed, number, kind: 'step' }, item, touched));
      } else if (known.item?.index !== index) {
        known.item = item;
        touched.steps.add(known);
      }
    }
  }
  resetSteps(snapshot, event.reset, new Set(), touched);
}

export function addStep(snapshot: Snapshot, step: StepRecord): void {
  if (step.number !== snapshot.steps.length + 1) throw new Error(`step ${step.number} is out of order`);
  snapshot.steps.push(step);
}

export function renameStep(step: StepRecord, { id, name, label }: StepSeed, touched: Touched): void {
  Object.assign(step, { id, name, label });
  touched.steps.add(step);
}

export function dropStep(step: StepRecord, touched: Touched): void {
  step.dropped = true;
  touched.steps.add(step);
}

export function waitStep(snapshot: Snapshot, event: EventOf<'step.waiting'>, touched: Touched): void {
  const { step: number, task, at } = event;
  const step = moveStep(snapshot, number, 'waiting', touched);
  step.startedAt ??= at;
  if (task === null) return;
  const ended = { ...event, reason: null, exitCode: 0, signal: null };
  endTry(snapshot, ended, 'succeeded', touched);
  step.outputs = event.outputs;
  const unanswered = { answer: null, inputs: {}, reason: null, answeredAt: null };
  const record: TaskRecord = { step: number, ...task, askedAt: at, ...unanswered };
  snapshot.tasks.push(record);
  touched.tasks.add(record);
}

export function startTry(snapshot: Snapshot, event: EventOf<'step.started'>, touched: Touched): void {
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

export function finishStep(snapshot: Snapshot, event: EventOf<'step.finished'>, touched: Touched): void {
  // With `mark_success` a failed try makes a step that succeeded.
  endTry(snapshot, event, event.state === 'succeeded' && !event.tolerated ? 'succeeded' : 'failed', touched);
  const step = explainStep(moveStep(snapshot, event.step, event.state, touched), event);
  step.tolerated = event.tolerated;
  step.partial = event.partial;
  step.outputs = event.outputs;
  step.finishedAt = event.at;
}

export function repeatStep(snapshot: Snapshot, event: EventOf<'step.repeating'>, touched: Touched): void {
  endTry(snapshot, event, event.state, touched);
  const step = moveStep(snapshot, event.step, 'running', touched);
  step.dueAt = event.dueAt;
  step.repetitions = event.repetitions;
  step.repeatedTry = event.try ?? step.repeatedTry;
  step.generation += 1;
}

type TryEvent =
  | EventOf<
      | 'step.adopted'
      | 'step.lost'
      | 'step.retrying'
      | 'step.repeating'
      | 'step.finished'
      | 'step.skipped'
      | 'step.aborted'
    >
  | (EventOf<'step.waiting'> & { readonly reason: null; readonly exitCode: number; readonly signal: null });

export function endTry(snapshot: Snapshot, event: TryEvent, state: TryStatus, touched: Touched): void {
  if (event.try === null) return;
  const record = stepAt(snapshot, event.step).tries[event.try - 1];
  if (record === undefined) throw new Error(`step ${event.step} has no try ${event.try}`);
  if (record.state !== state && !TRY_TRANSITIONS[record.state].includes(state)) {
    throw new Error(`try ${event.try} of step ${event.step} cannot go from ${record.state} to ${state}`);
  }
  record.state = state;
  if (event.type === 'step.lost' || event.type === 'step.skipped') record.finishedAt = event.at;
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

export function explainStep(
  step: StepRecord,
  event: EventOf<'step.retrying' | 'step.finished' | 'step.aborted'>,
): StepRecord {
  step.reason = event.reason;
  step.message = event.message;
  step.dueAt = null;
  return step;
}

export function resetSteps(
  snapshot: Snapshot,
  numbers: readonly number[],
  anew: ReadonlySet<number>,
  touched: Touched,
): void {
  for (const number of numbers) {
    const step = stepAt(snapshot, number);
    if (step.state !== 'pending') checkStep(step, 'pending');
    // An interrupted repetition is run again, those before it are done (§22.2).
    const goesOn = !anew.has(number) && (step.state === 'running' || step.state === 'retrying');
    const { repetitions, repeatedTry } = step;
    Object.assign(step, FRESH_STEP, { outputs: {} }, goesOn ? { repetitions, repeatedTry } : {});
    if (anew.has(number)) step.generation += 1;
    touched.steps.add(step);
  }
}

export function moveStep(
  snapshot: Snapshot,
  number: number,
  state: StepStatus,
  touched: Touched,
): StepRecord {
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
