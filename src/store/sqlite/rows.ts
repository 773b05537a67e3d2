import type { RunEvent, JournalEvent } from '../../core/events.ts';
import type {
  AttemptRecord,
  DefinitionRecord,
  CursorRecord,
  QueuedRun,
  RunRecord,
  StepRecord,
  TaskRecord,
  TickRecord,
  TryRecord,
} from '../../core/records.ts';
import type { Row, SqlValue } from './driver.ts';

/**
 * Records to rows and back. Rows are trusted: STRICT tables and CHECK constraints stand behind the casts. Objects
 * whose keys are the user's come back without a prototype.
 */
export interface Table<R> {
  readonly name: string;
  readonly key: readonly string[];
  /** Never change while the row is there; to write them again would cost a check of each. */
  readonly fixed?: readonly string[];
  readonly columns: readonly string[];
  values(run: string, record: R): SqlValue[];
}

const json = (value: unknown): string => JSON.stringify(value);
const jsonOrNull = (value: unknown): string | null => (value === null ? null : JSON.stringify(value));
const parse = (text: SqlValue | undefined): unknown => JSON.parse(String(text));
const parseOrNull = (text: SqlValue | undefined): unknown => (text === null ? null : parse(text));
const bare = (value: unknown): unknown => Object.assign(Object.create(null) as object, value);
const flag = (value: boolean): number => (value ? 1 : 0);

export const RUN: Table<RunRecord> = {
  name: 'run',
  key: ['id'],
  columns: [
    ...['id', 'dag', 'definition', 'file', 'params', 'labels', 'trigger', 'unresolved', 'selected'],
    ...[
      'reused_from',
      'state',
      'reason',
      'attempt',
      'owner',
      'token',
      'preconditions_met',
      'due_at',
      'outputs',
    ],
    ...['created_at', 'started_at', 'finished_at', 'document', 'parent_run', 'parent_step', 'root', 'queue'],
    ...['log_dir', 'artifacts_dir', 'numbers', 'scheduled_at', 'retries', 'recoveries'],
  ],
  values: (_, r) => [
    ...[r.id, r.dag, r.definition, r.file, json(r.params), json(r.labels), r.trigger, r.unresolved],
    ...[jsonOrNull(r.selected), r.reusedFrom, r.state, r.reason, r.attempt, jsonOrNull(r.owner), r.token],
    ...[flag(r.preconditionsMet), r.dueAt, json(r.outputs), r.createdAt, r.startedAt, r.finishedAt],
    ...[r.document, r.parent?.run ?? null, r.parent?.step ?? null, jsonOrNull(r.root), r.queue, r.logDir],
    ...[jsonOrNull(r.artifactsDir), jsonOrNull(r.numbers), r.scheduledAt, r.retries, r.recoveries],
  ],
};

export function readRun(row: Row): RunRecord {
  return {
    id: row['id'],
    dag: row['dag'],
    definition: row['definition'],
    file: row['file'],
    params: parse(row['params']),
    labels: bare(parse(row['labels'])),
    trigger: row['trigger'],
    unresolved: row['unresolved'],
    selected: parseOrNull(row['selected']),
    reusedFrom: row['reused_from'],
    state: row['state'],
    reason: row['reason'],
    attempt: row['attempt'],
    owner: parseOrNull(row['owner']),
    token: row['token'],
    preconditionsMet: row['preconditions_met'] === 1,
    dueAt: row['due_at'],
    outputs: bare(parse(row['outputs'])),
    createdAt: row['created_at'],
    startedAt: row['started_at'],
    finishedAt: row['finished_at'],
    document: row['document'],
    parent: row['parent_run'] === null ? null : { run: row['parent_run'], step: row['parent_step'] },
    root: parseOrNull(row['root']),
    queue: row['queue'],
    logDir: row['log_dir'],
    artifactsDir: parseOrNull(row['artifacts_dir']),
    numbers: parseOrNull(row['numbers']),
    scheduledAt: row['scheduled_at'],
    retries: row['retries'],
    recoveries: row['recoveries'],
  } as RunRecord;
}

export const ATTEMPT: Table<AttemptRecord> = {
  name: 'attempt',
  key: ['run', 'n'],
  columns: ['run', 'n', 'owner', 'token', 'state', 'reason', 'started_at', 'finished_at'],
  values: (run, a) => [run, a.n, json(a.owner), a.token, a.state, a.reason, a.startedAt, a.finishedAt],
};

export function readAttempt(row: Row): AttemptRecord {
  return {
    n: row['n'],
    owner: parse(row['owner']),
    token: row['token'],
    state: row['state'],
    reason: row['reason'],
    startedAt: row['started_at'],
    finishedAt: row['finished_at'],
  } as AttemptRecord;
}

export const STEP: Table<StepRecord> = {
  name: 'step',
  key: ['run', 'number'],
  fixed: ['kind'],
  columns: [
    ...['run', 'number', 'kind', 'id', 'name', 'label', 'state', 'reason', 'message', 'tolerated', 'due_at'],
    ...[
      'repetitions',
      'repeated_try',
      'outputs',
      'started_at',
      'finished_at',
      'item',
      'generation',
      'dropped',
    ],
    'partial',
  ],
  values: (run, s) => [
    ...[
      run,
      s.number,
      s.kind,
      s.id,
      s.name,
      s.label,
      s.state,
      s.reason,
      s.message,
      flag(s.tolerated),
      s.dueAt,
    ],
    ...[s.repetitions, s.repeatedTry, json(s.outputs), s.startedAt, s.finishedAt],
    ...[jsonOrNull(s.item), s.generation, flag(s.dropped), flag(s.partial)],
  ],
};

export function readStep(row: Row, tries: TryRecord[]): StepRecord {
  return {
    number: row['number'],
    kind: row['kind'],
    id: row['id'],
    name: row['name'],
    label: row['label'],
    state: row['state'],
    reason: row['reason'],
    message: row['message'],
    tolerated: row['tolerated'] === 1,
    dueAt: row['due_at'],
    repetitions: row['repetitions'],
    repeatedTry: row['repeated_try'],
    outputs: bare(parse(row['outputs'])),
    startedAt: row['started_at'],
    finishedAt: row['finished_at'],
    item: parseOrNull(row['item']),
    generation: row['generation'],
    dropped: row['dropped'] === 1,
    partial: row['partial'] === 1,
    tries,
  } as StepRecord;
}

export const TRY: Table<{ readonly step: number; readonly record: TryRecord }> = {
  name: 'step_try',
  key: ['run', 'step', 'n'],
  columns: [
    ...['run', 'step', 'n', 'attempt', 'in_attempt', 'in_flow', 'state', 'reason', 'command_hash', 'cwd'],
    ...[
      'env_names',
      'idempotency_key',
      'out_log',
      'err_log',
      'exit_code',
      'signal',
      'started_at',
      'finished_at',
    ],
  ],
  values: (run, { step, record: t }) => [
    ...[run, step, t.n, t.attempt, t.inAttempt, flag(t.inFlow), t.state, t.reason, t.commandHash, t.cwd],
    ...[
      json(t.envNames),
      t.idempotencyKey,
      t.outLog,
      t.errLog,
      t.exitCode,
      t.signal,
      t.startedAt,
      t.finishedAt,
    ],
  ],
};

export function readTry(row: Row): TryRecord {
  return {
    n: row['n'],
    attempt: row['attempt'],
    inAttempt: row['in_attempt'],
    inFlow: row['in_flow'] === 1,
    state: row['state'],
    reason: row['reason'],
    commandHash: row['command_hash'],
    cwd: row['cwd'],
    envNames: parse(row['env_names']),
    idempotencyKey: row['idempotency_key'],
    outLog: row['out_log'],
    errLog: row['err_log'],
    exitCode: row['exit_code'],
    signal: row['signal'],
    startedAt: row['started_at'],
    finishedAt: row['finished_at'],
  } as TryRecord;
}

export const TASK: Table<TaskRecord> = {
  name: 'task',
  key: ['run', 'step', 'n'],
  columns: [
    ...['run', 'step', 'n', 'kind', 'prompt', 'asked_at', 'answer', 'inputs', 'reason', 'answered_at'],
  ],
  values: (run, t) => [
    ...[run, t.step, t.n, t.kind, t.prompt, t.askedAt, t.answer, json(t.inputs), t.reason, t.answeredAt],
  ],
};

export function readTask(row: Row): TaskRecord {
  return {
    step: row['step'],
    n: row['n'],
    kind: row['kind'],
    prompt: row['prompt'],
    askedAt: row['asked_at'],
    answer: row['answer'],
    inputs: bare(parse(row['inputs'])),
    reason: row['reason'],
    answeredAt: row['answered_at'],
  } as TaskRecord;
}

export const TICK_COLUMNS = [
  ...[
    'dag',
    'kind',
    'scheduled_at',
    'outcome',
    'reason',
    'message',
    'run',
    'decided_at',
    'count',
    'first_at',
  ],
] as const;

export function tickValues(t: TickRecord): SqlValue[] {
  return [
    ...[t.dag, t.kind, t.scheduledAt, t.outcome, t.reason, t.message, t.run, t.decidedAt, t.count, t.firstAt],
  ];
}

export function readTick(row: Row): TickRecord {
  return {
    dag: row['dag'],
    kind: row['kind'],
    scheduledAt: row['scheduled_at'],
    outcome: row['outcome'],
    reason: row['reason'],
    message: row['message'],
    run: row['run'],
    decidedAt: row['decided_at'],
    count: row['count'],
    firstAt: row['first_at'],
  } as TickRecord;
}

export function readCursor(row: Row): CursorRecord {
  return { dag: row['dag'], entry: row['entry'], file: row['file'], at: row['at'] } as CursorRecord;
}

export function readQueued(row: Row): QueuedRun {
  return {
    id: row['id'],
    dag: row['dag'],
    definition: row['definition'],
    queue: row['queue'],
    trigger: row['trigger'],
    dueAt: row['due_at'],
    scheduledAt: row['scheduled_at'],
    tick: row['tick'],
  } as QueuedRun;
}

export function readDefinition(row: Row): DefinitionRecord {
  return {
    hash: row['hash'],
    text: row['text'],
    files: bare(parse(row['files'])),
    base: parseOrNull(row['base']),
    flowVersion: row['flow_version'],
  } as DefinitionRecord;
}

const NUMBERS = ['step', 'attempt', 'try'] as const;

/** Run, at, type, step, attempt, try, data. A number that is null stays in `data`, so that null is not "absent". */
export function eventValues(run: string | null, event: RunEvent): SqlValue[] {
  const { at, type, ...rest } = event;
  const data: Record<string, unknown> = { ...rest };
  const numbers = NUMBERS.map((name) => {
    const value = data[name];
    if (typeof value !== 'number') return null;
    Reflect.deleteProperty(data, name);
    return value;
  });
  return [run, at, type, ...numbers, json(data)];
}

export function readEvent(row: Row): JournalEvent {
  const event = { at: row['at'], type: row['type'], ...(parse(row['data']) as Record<string, unknown>) };
  for (const name of NUMBERS) if (row[name] !== null) Object.assign(event, { [name]: row[name] });
  for (const name of ['labels', 'outputs', 'inputs'] as const) {
    const map: unknown = Reflect.get(event, name);
    if (map !== undefined) Object.assign(event, { [name]: bare(map) });
  }
  return { seq: row['seq'], run: row['run'], event } as unknown as JournalEvent;
}
