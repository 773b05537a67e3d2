import type { Dag } from '../core/dag.ts';
import type { DefinitionRecord } from '../core/records.ts';
import type { Scheduling } from '../core/schedule.ts';

/** A DAG that may run, with its exact source. */
export interface LoadedDag {
  readonly dag: Dag;
  readonly definition: DefinitionRecord;
}

/** A DAG of the folder as the daemon knows it: its last version that was valid. */
export interface DagEntry {
  readonly name: string;
  /** Absolute. */
  readonly file: string;
  readonly scheduling: Scheduling;
  /** @throws FlowError when this version can no longer be read. */
  load(): Promise<LoadedDag>;
}

/** What is wrong with a file of the folder. */
export interface FileProblem {
  /** Absolute. */
  readonly file: string;
  readonly message: string;
  /** An older version of it goes on being scheduled. */
  readonly keepsOlder: boolean;
}

/** The DAG folder as it was at the last scan. */
export interface DagFolder {
  readonly dags: ReadonlyMap<string, DagEntry>;
  readonly problems: readonly FileProblem[];
  /** Files that are there and were not read yet, as they have just been written. */
  readonly unread: ReadonlySet<string>;
  /** Looks at the files again. Resolves to true when something may have changed. */
  scan(): Promise<boolean>;
}

/** Named queues of the configuration (LANGUAGE.md §21.1). */
export type Queues = ReadonlyMap<string, number>;

export type Fields = Readonly<Record<string, string | number | boolean | null>>;

/** The log of the daemon: a text for people, and fields for machines. */
export interface DaemonLog {
  readonly info: (text: string, fields?: Fields) => void;
  readonly warn: (text: string, fields?: Fields) => void;
  readonly error: (text: string, fields?: Fields) => void;
}
