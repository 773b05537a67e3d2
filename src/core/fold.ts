import type { EventOf, RunEvent } from './events.ts';
import {
  addStep,
  dropStep,
  endTry,
  explainStep,
  finishStep,
  moveStep,
  newStep,
  renameStep,
  repeatStep,
  resetSteps,
  setItems,
  startTry,
  waitStep,
} from './fold-steps.ts';
import type { AttemptRecord, RunRecord, Snapshot } from './records.ts';
import { stepAt, taskAt } from './snapshot.ts';
import { RUN_TRANSITIONS } from './states.ts';
import type { RunStatus } from './states.ts';
import type { Touched } from './touched.ts';

/** The state of a run that has only been recorded. */
export function firstSnapshot(event: EventOf<'run.created'>, touched: Touched): Snapshot {
  const { type: _type, at, steps: seeds, ...facts } = event;
  const run: RunRecord = {
    ...facts,
    scheduledAt: event.scheduledAt ?? null,
    numbers: null,
    state: 'queued',
    reason: null,
    attempt: 0,
    owner: null,
    token: 0,
    preconditionsMet: false,
    dueAt: event.dueAt ?? null,
    retries: 0,
    recoveries: 0,
    outputs: {},
    createdAt: at,
    startedAt: null,
    finishedAt: null,
  };
  touched.run = run;
  const steps = seeds.map((seed) => newStep(seed, null, touched));
  return { run, attempts: [], steps, tasks: [] };
}

/**
 * Applies one event to a run, in place: the only code that changes a state. The state tables are what this
 * makes of the journal. Throws when the event is not legal in the present state: that is a bug of flow.
 */
export function fold(snapshot: Snapshot, event: RunEvent, touched: Touched): void {
  if (snapshot.run.recoveries > 0 && (event.type === 'step.finished' || event.type === 'step.skipped')) {
    snapshot.run.recoveries = 0;
    touched.run = snapshot.run;
  }
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
      takeDefinition(snapshot, event, touched);
      resetSteps(snapshot, event.run, new Set(event.anew), touched);
      snapshot.run.recoveries = event.recovery === true ? snapshot.run.recoveries + 1 : 0;
      snapshot.run.retries = event.retries ?? 0;
      return;
    case 'run.queued':
      moveRun(snapshot, 'queued', touched);
      Object.assign(snapshot.run, { owner: null, dueAt: event.dueAt, retries: event.retries });
      return;
    case 'run.left':
      // Not a death: those in a row are counted from here (RELIABILITY.md R7).
      snapshot.run.recoveries = 0;
      touched.run = snapshot.run;
      return;
    case 'run.aborting':
      moveRun(snapshot, 'aborting', touched);
      snapshot.run.reason = event.reason;
      snapshot.run.dueAt = null;
      snapshot.run.owner = event.owner;
      snapshot.run.token = event.token;
      return;
    case 'run.waiting':
      moveRun(snapshot, 'waiting', touched);
      Object.assign(snapshot.run, { owner: null, outputs: event.outputs, dueAt: null });
      endAttempt(snapshot, { state: 'waiting', reason: null, finishedAt: event.at }, touched);
      return;
    case 'run.finished':
      finishRun(snapshot, event, touched);
      return;
    case 'step.items':
      setItems(snapshot, event, touched);
      return;
    case 'step.started':
      startTry(snapshot, event, touched);
      return;
    case 'step.adopted':
      endTry(snapshot, event, 'running', touched);
      moveStep(snapshot, event.step, 'running', touched);
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
    case 'step.waiting':
      waitStep(snapshot, event, touched);
      return;
    case 'task.completed': {
      const task = taskAt(snapshot, event.step, event.n);
      const { answer, inputs, reason, at: answeredAt } = event;
      Object.assign(task, { answer, inputs, reason, answeredAt });
      touched.tasks.add(task);
      return;
    }
    case 'step.finished':
      finishStep(snapshot, event, touched);
      return;
    case 'step.aborted':
      endTry(snapshot, event, 'aborted', touched);
      explainStep(moveStep(snapshot, event.step, 'aborted', touched), event).finishedAt = event.at;
      return;
    case 'step.skipped': {
      endTry(snapshot, event, 'aborted', touched);
      const step = moveStep(snapshot, event.step, 'skipped', touched);
      step.reason = event.reason;
      step.finishedAt = event.at;
      return;
    }
    case 'run.stop_requested':
    case 'run.dotenv_read':
    case 'step.ready':
    case 'tick.started':
    case 'tick.skipped':
    case 'tick.missed':
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
  const wasQueued = snapshot.run.state === 'queued';
  if (event.dueAt === null) {
    moveRun(snapshot, event.state, touched);
    Object.assign(snapshot.run, ended, { owner: null, outputs: event.outputs, dueAt: null });
  } else {
    // Root `retry_policy`: this attempt is over, the run is not.
    moveRun(snapshot, 'running', touched);
    Object.assign(snapshot.run, { reason: null, outputs: event.outputs, dueAt: event.dueAt });
  }
  // A queued run has no attempt, or only ones that ended before.
  if (!wasQueued) endAttempt(snapshot, { ...ended, state: event.state }, touched);
}

function endAttempt(
  snapshot: Snapshot,
  ended: Pick<AttemptRecord, 'state' | 'reason' | 'finishedAt'>,
  touched: Touched,
): void {
  const attempt = snapshot.attempts.at(-1);
  if (attempt === undefined) throw new Error('a run ends with an attempt');
  Object.assign(attempt, ended);
  touched.attempts.add(attempt);
}

/** A resume with `--updated`: new steps get rows, those that are gone stay in the history. */
function takeDefinition(snapshot: Snapshot, event: EventOf<'run.resumed'>, touched: Touched): void {
  if (event.updated === null) return;
  const { definition, numbers, steps, dropped, params } = event.updated;
  Object.assign(snapshot.run, { definition, numbers, params });
  for (const seed of steps) {
    if (seed.number <= snapshot.steps.length) renameStep(stepAt(snapshot, seed.number), seed, touched);
    else addStep(snapshot, newStep(seed, null, touched));
  }
  for (const number of dropped) dropStep(stepAt(snapshot, number), touched);
}

function moveRun(snapshot: Snapshot, state: RunStatus, touched: Touched): void {
  const { run } = snapshot;
  if (!RUN_TRANSITIONS[run.state].includes(state)) {
    throw new Error(`run ${run.id} cannot go from ${run.state} to ${state}`);
  }
  run.state = state;
  touched.run = run;
}
