import type { EventOf, RunEvent } from '../../src/core/events.ts';
import { firstSnapshot, fold } from '../../src/core/fold.ts';
import { Touched } from '../../src/core/touched.ts';
import type { Owner, Snapshot } from '../../src/core/records.ts';

export const OWNER: Owner = { host: 'h', boot: 'b', pid: 1, start: '1', lock: 'l' };

export function created(
  labels: readonly string[],
  more: Partial<EventOf<'run.created'>> = {},
): EventOf<'run.created'> {
  return {
    type: 'run.created',
    at: 1_000,
    id: 'run-1',
    dag: 'test',
    definition: 'd'.repeat(64),
    document: 0,
    file: '/dags/test.yaml',
    params: [],
    labels: {},
    trigger: 'manual',
    parent: null,
    root: null,
    queue: null,
    logDir: null,
    artifactsDir: null,
    unresolved: 'strict',
    selected: null,
    reusedFrom: null,
    steps: labels.map((label, i) => ({ number: i + 1, kind: 'step', id: label, name: label, label })),
    ...more,
  };
}

export function started(attempt = 1): EventOf<'run.started'> {
  return { type: 'run.started', at: 1_001, attempt, owner: OWNER, token: attempt, dueAt: null };
}

export function stepStarted(
  step: number,
  n: number,
  more: Partial<EventOf<'step.started'>> = {},
): EventOf<'step.started'> {
  return {
    type: 'step.started',
    at: 1_002,
    step,
    attempt: 1,
    try: n,
    inAttempt: n,
    inFlow: false,
    commandHash: 'c'.repeat(64),
    cwd: '/',
    envNames: ['A'],
    idempotencyKey: 'k',
    outLog: `/logs/${step}.${n}.out`,
    errLog: `/logs/${step}.${n}.err`,
    ...more,
  };
}

export function stepFinished(
  step: number,
  n: number | null,
  state: 'succeeded' | 'failed',
  more: Partial<EventOf<'step.finished'>> = {},
): EventOf<'step.finished'> {
  return {
    type: 'step.finished',
    at: 1_003,
    step,
    attempt: 1,
    try: n,
    state,
    tolerated: false,
    partial: false,
    reason: null,
    message: null,
    exitCode: state === 'succeeded' ? 0 : 3,
    signal: null,
    durationMs: 1,
    outputs: {},
    ...more,
  };
}

/** The snapshot that a series of events makes. */
export function replay([first, ...rest]: readonly RunEvent[]): Snapshot {
  if (first?.type !== 'run.created') throw new Error('a journal begins with run.created');
  const snapshot = firstSnapshot(first, new Touched());
  for (const event of rest) fold(snapshot, event, new Touched());
  return snapshot;
}
