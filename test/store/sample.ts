import type { RunEvent } from '../../src/core/events.ts';
import type {
  AttemptRecord,
  DefinitionRecord,
  Owner,
  RunRecord,
  StepRecord,
  TryRecord,
} from '../../src/core/records.ts';
import type { Append } from '../../src/store/store.ts';

export const OWNER: Owner = { host: 'h', boot: 'b', pid: 4711, start: '99', lock: 'a.lock' };
export const DEFINITION: DefinitionRecord = {
  hash: 'd1',
  text: 'steps:\n  - run: true\n',
  files: { 's.json': '{}' },
  base: null,
  flowVersion: '0.1.0',
};

/** A map with keys that are traps on ordinary objects. */
export function trapKeys<T>(value: T): Record<string, T> {
  const map = Object.create(null) as Record<string, T>;
  for (const key of ['__proto__', 'constructor', 'a "b" $.c']) map[key] = value;
  return map;
}

export function runRecord(id: string, more: Partial<RunRecord> = {}): RunRecord {
  return {
    id,
    dag: 'etl',
    definition: 'd1',
    document: 0,
    file: '/dags/etl.yaml',
    params: [{ name: 'day', value: 'monday', type: 'string' }],
    labels: {},
    trigger: 'manual',
    scheduledAt: null,
    parent: null,
    root: null,
    queue: null,
    logDir: null,
    artifactsDir: null,
    unresolved: 'strict',
    selected: null,
    reusedFrom: null,
    numbers: null,
    state: 'running',
    reason: null,
    attempt: 1,
    owner: OWNER,
    token: 1,
    preconditionsMet: false,
    dueAt: null,
    retries: 0,
    recoveries: 0,
    outputs: {},
    createdAt: 1_000,
    startedAt: 1_001,
    finishedAt: null,
    ...more,
  };
}

export function attemptRecord(more: Partial<AttemptRecord> = {}): AttemptRecord {
  return {
    n: 1,
    owner: OWNER,
    token: 1,
    state: 'running',
    reason: null,
    startedAt: 1_001,
    finishedAt: null,
    ...more,
  };
}

export function stepRecord(number: number, more: Partial<StepRecord> = {}): StepRecord {
  return {
    number,
    kind: 'step',
    id: `s${number}`,
    name: `step ${number}`,
    label: `s${number}`,
    item: null,
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
    ...more,
  };
}

export function tryRecord(n: number, more: Partial<TryRecord> = {}): TryRecord {
  return {
    n,
    attempt: 1,
    inAttempt: n,
    inFlow: false,
    state: 'intent',
    reason: null,
    commandHash: 'c',
    cwd: '/tmp',
    envNames: ['A', 'B'],
    idempotencyKey: 'k',
    outLog: '/l/1.out',
    errLog: '/l/1.err',
    exitCode: null,
    signal: null,
    startedAt: 1_002,
    finishedAt: null,
    ...more,
  };
}

export function created(run: RunRecord, steps: readonly StepRecord[]): RunEvent {
  return {
    at: run.createdAt,
    type: 'run.created',
    id: run.id,
    dag: run.dag,
    definition: run.definition,
    document: run.document,
    file: run.file,
    params: run.params,
    labels: run.labels,
    trigger: run.trigger,
    scheduledAt: run.scheduledAt,
    dueAt: run.dueAt,
    parent: run.parent,
    root: run.root,
    queue: run.queue,
    logDir: run.logDir,
    artifactsDir: run.artifactsDir,
    unresolved: run.unresolved,
    selected: run.selected,
    reusedFrom: run.reusedFrom,
    steps: steps.map(({ number, kind, id, name, label }) => ({ number, kind, id, name, label })),
  };
}

/** The append that makes a run. */
export function creation(run: RunRecord, steps: readonly StepRecord[] = [stepRecord(1)]): Append {
  return {
    run: run.id,
    token: null,
    events: [created(run, steps)],
    changes: { run, attempts: run.attempt === 0 ? [] : [attemptRecord()], steps, tries: [], tasks: [] },
    definition: DEFINITION,
  };
}

/** An append of one event that changes nothing. */
export function ready(run: string, token: number, step = 1): Append {
  return {
    run,
    token,
    events: [{ at: 5, type: 'step.ready', step }],
    changes: { run: null, attempts: [], steps: [], tries: [], tasks: [] },
  };
}
