import type { EventType, JournalEvent, RunEvent } from '../core/events.ts';
import type {
  AttemptRecord,
  CompiledDag,
  CursorRecord,
  DefinitionRecord,
  Owner,
  QueuedRun,
  RunRecord,
  Snapshot,
  StepRecord,
  TaskRecord,
  TickOutcome,
  TickRecord,
  TryRecord,
} from '../core/records.ts';
import type { RunStatus } from '../core/states.ts';

/**
 * Where runs live. Asynchronous so that another database can stand behind it. There is one verb that writes
 * what happens to a run, `append`: events and the rows that follow from them in one transaction (RELIABILITY.md §3.1).
 */
export interface Store {
  /**
   * Commits events together with the rows they changed, durably, and resolves after the commit with the
   * events' sequence numbers. Calls that are ready together share one physical commit; one that is refused
   * does not harm the others.
   * @throws Fenced when `token` is no longer the run's: another process owns it. Nothing was written.
   * @throws RunExists when `token` is null and the id is taken.
   * @throws StateChanged when the run is no longer in the state in `expects`.
   * @throws Answered when the question in `answering` has its answer or is no longer asked, or when the run would
   *   wait although somebody has answered one of its questions meanwhile.
   * @throws FlowError (exit 70) when the storage fails (RELIABILITY.md §2.6).
   */
  append(batch: Append): Promise<JournalEvent[]>;
  /**
   * Decides ticks: their rows, what follows from them for runs, and the cursors, all in one transaction (T0).
   * @throws TickTaken when one of the ticks has a row already: another daemon was quicker. Nothing was written.
   * @throws StateChanged, Fenced, RunExists as `append` does for one of its parts. Nothing was written.
   */
  decide(batch: TickBatch): Promise<JournalEvent[]>;

  /** The run with its attempts, steps and tries; null if there is none. */
  load(run: string): Promise<Snapshot | null>;
  definition(hash: string): Promise<DefinitionRecord | null>;
  /** What is kept beside a definition under this key. */
  compiled(definition: string, key: string): Promise<Uint8Array | null>;
  /** The questions of a run, in the order in which they were asked. */
  tasks(run: string): Promise<TaskRecord[]>;
  /** Newest first. */
  runs(query: RunQuery): Promise<RunRecord[]>;
  /** What waits in the queues, in order of arrival (LANGUAGE.md §21.1). */
  queued(): Promise<QueuedRun[]>;
  /** Runs that wait although no question of theirs, nor of a child run, is open any more. */
  answered(): Promise<string[]>;
  /** Newest first. */
  ticks(query: TickQuery): Promise<TickRecord[]>;
  cursors(): Promise<CursorRecord[]>;
  /** The DAGs whose schedules are off. */
  suspended(): Promise<string[]>;
  /**
   * Turns the schedule of a DAG off or on. Turned on, it goes on from `at`: what lies before is neither run nor missed
   * (LANGUAGE.md §20.7). False when it was so already.
   */
  suspend(dag: string, on: boolean, at: number): Promise<boolean>;
  /** Deletes what became of ticks without a run before an instant, with its events; at most `limit`. */
  forgetTicks(dag: string, before: number, limit: number): Promise<number>;
  /** The names of all DAGs that have runs of their own. */
  dags(): Promise<string[]>;
  /** Ended runs that may go, oldest first. */
  expired(query: ExpiredQuery): Promise<RunRecord[]>;
  /**
   * Deletes ended runs with their child runs, all rows of these, and the definitions that no run uses any more, in
   * one transaction. `clear` is called for each of them, child runs first, while no process can take it up: it deletes
   * the files (LANGUAGE.md §21.4). Families of which a run has not ended stay, and those for which `clear` throws.
   * @throws FlowError (exit 70) when the storage fails; the rows are all still there.
   */
  remove(runs: readonly string[], clear: (run: RunRecord) => void): Promise<Removal>;
  /** Run ids that begin or end with `part`, newest first, at most `limit`. */
  idsLike(part: string, limit: number): Promise<string[]>;
  /** How long the newest `limit` runs of a DAG took that succeeded in their first attempt, and their steps. */
  durations(dag: string, limit: number): Promise<Durations>;
  /** In order, those with `seq > after`; of one run or of all. */
  events(query: EventQuery): Promise<JournalEvent[]>;

  /** A read-only query of a person (`flow sql`): column names and rows. */
  query(sql: string): Promise<{ columns: string[]; rows: unknown[][] }>;
  /** `PRAGMA integrity_check` and what else can be checked: the problems found, none when all is well. */
  check(): Promise<string[]>;
  /** A consistent copy, fsynced, renamed into place; refuses to overwrite. */
  backup(target: string): Promise<void>;
  /** Facts for `flow doctor`. */
  info(): StoreInfo;
  close(): Promise<void>;
}

export interface Append {
  readonly run: string;
  /** The token the caller believes the run has; null creates the run. */
  readonly token: number | null;
  readonly events: readonly RunEvent[];
  readonly changes: Changes;
  /** Stored if not there yet; given when the run is created or its definition replaced. */
  readonly definition?: DefinitionRecord;
  /** Kept beside it, in place of what was there under another key. */
  readonly compiled?: CompiledDag;
  /** The open question that `events` answer, whoever owns the run (T7). */
  readonly answering?: { readonly step: number; readonly n: number };
  /** What the state of the run must be, for requests of whoever does not own it (T7). */
  readonly expects?: readonly RunStatus[];
}

export interface TickBatch {
  /** New rows. */
  readonly ticks: readonly TickRecord[];
  /** Ticks whose run did not come to start: their rows are changed (`latest`, LANGUAGE.md §20.7). */
  readonly changed: readonly {
    readonly run: string;
    readonly outcome: TickOutcome;
    readonly reason: string;
  }[];
  readonly appends: readonly Append[];
  readonly cursors: readonly CursorRecord[];
  /** DAGs that are gone from the folder: the next time they are seen for the first time. */
  readonly forgotten: readonly string[];
}

export interface TickQuery {
  readonly dag?: string;
  /** Only those that became no run. */
  readonly withoutRun?: boolean;
  /** Scheduled at or after, milliseconds UTC. */
  readonly since?: number;
  /** 0: all. */
  readonly limit: number;
}

/** The rows that the events changed, whole, as they are after the last event. */
export interface Changes {
  readonly run: RunRecord | null;
  readonly attempts: readonly AttemptRecord[];
  /** Their `tries` are not written; changed tries are listed beside. */
  readonly steps: readonly StepRecord[];
  readonly tries: readonly { readonly step: number; readonly record: TryRecord }[];
  readonly tasks: readonly TaskRecord[];
}

export interface RunQuery {
  /** The child runs of this run; without it, only runs that have no parent. */
  readonly parent?: string;
  readonly dag?: string;
  readonly states?: readonly RunStatus[];
  /** Runs of DAG files below this directory. */
  readonly below?: string;
  /** Created at or after, milliseconds UTC. */
  readonly since?: number;
  /** Only those that no tick has started. */
  readonly ofNoTick?: true;
  /** A label, with its value if not null. */
  readonly label?: { readonly key: string; readonly value: string | null };
  /** 0: all. */
  readonly limit: number;
}

/** In milliseconds. */
export interface Durations {
  readonly runs: readonly number[];
  /** Without handlers and items. */
  readonly steps: readonly { readonly label: string; readonly ms: number }[];
}

export interface ExpiredQuery {
  readonly dag: string;
  /** Only runs that ended before, milliseconds UTC; null: whenever. */
  readonly endedBefore: number | null;
  /** So many of the newest ended runs stay. */
  readonly keep: number;
  /** Only runs that were created before this one. */
  readonly olderThan?: RunPlace;
  /** Only runs that were created after this one. */
  readonly after?: RunPlace;
  readonly limit: number;
}

/** Where a run stands among the others. */
export type RunPlace = Pick<RunRecord, 'createdAt' | 'id'>;

export interface Removal {
  /** Those that were asked for and are gone. */
  readonly removed: readonly string[];
  /** Those that `clear` could not clear, with what it threw. */
  readonly kept: readonly { readonly run: string; readonly reason: unknown }[];
}

export interface EventQuery {
  readonly run?: string;
  /** Only those of the run itself and of these steps. */
  readonly steps?: readonly number[];
  readonly types?: readonly EventType[];
  readonly after: number;
  readonly limit: number;
}

export interface StoreInfo {
  readonly path: string;
  readonly driver: 'node:sqlite' | 'better-sqlite3';
  readonly sqliteVersion: string;
  readonly schemaVersion: number;
  readonly journalMode: string;
  readonly synchronous: number;
  /** Bytes; 0 when there is none. */
  readonly walSize: number;
}

/** A write with an old token: somebody else owns the run now. Stop, write nothing, start nothing. */
export class Fenced extends Error {
  constructor(run: string) {
    super(`run ${run} has another owner now`);
    this.name = 'Fenced';
  }
}

/** Somebody has answered a question meanwhile, or it is no longer asked. */
export class Answered extends Error {
  constructor(run: string) {
    super(`a question of run ${run} has been answered`);
    this.name = 'Answered';
  }
}

/** The run has gone on meanwhile: what was asked of it no longer fits. */
export class StateChanged extends Error {
  constructor(run: string) {
    super(`run ${run} has changed its state`);
    this.name = 'StateChanged';
  }
}

/** Somebody has decided this tick already. */
export class TickTaken extends Error {
  constructor(dag: string, scheduledAt: number) {
    super(`the tick of ${dag} at ${new Date(scheduledAt).toISOString()} is decided already`);
    this.name = 'TickTaken';
  }
}

export class RunExists extends Error {
  constructor(run: string) {
    super(`run ${run} already exists`);
    this.name = 'RunExists';
  }
}

/** A lock that the kernel drops when its holder dies (RELIABILITY.md §2.5). */
export interface OwnerLocks {
  /** Takes a new lock for the life of this process; its name goes into `Owner.lock`. */
  hold(name: string): void;
  /** True when nobody holds it: its holder is dead, or the file is gone. */
  isFree(name: string): boolean;
  /** Drops what this process holds and removes the file. */
  release(): void;
}

export type { Owner };
