import type { Value, ValueMap } from '../base/value.ts';

/**
 * The actions of LANGUAGE.md §19.1 that run inside flow, besides http.request, log.write and noop. Texts are
 * templates until their step starts; durations, times and modes are therefore still text.
 */
export type FlowAction =
  | { readonly kind: 'outputs.write'; readonly values: ValueMap }
  | JqFilter
  | DataConvert
  | DataPick
  | FileAction
  | WaitAction;

export type DataFormat = 'json' | 'yaml' | 'csv' | 'tsv' | 'text';

/** Exactly one of both is set. */
export interface DataSource {
  readonly data: Value | undefined;
  /** A file. */
  readonly input: string | null;
}

/** How rows are written in csv and tsv. */
export interface RowFormat {
  readonly hasHeader: boolean;
  readonly headers: readonly string[] | null;
  readonly delimiter: string | null;
  readonly columns: readonly string[] | null;
}

export interface JqFilter extends DataSource {
  readonly kind: 'jq.filter';
  readonly filter: string;
  readonly raw: boolean;
}

export interface DataConvert extends DataSource, RowFormat {
  readonly kind: 'data.convert';
  readonly from: DataFormat;
  readonly to: DataFormat;
}

export interface DataPick extends DataSource, RowFormat {
  readonly kind: 'data.pick';
  readonly from: DataFormat;
  readonly select: string;
  readonly to: DataFormat | null;
  readonly raw: boolean;
}

export type FileAction =
  | ({ readonly kind: 'file.stat' } & FileStat)
  | ({ readonly kind: 'file.read' | 'artifact.read' } & FileRead)
  | ({ readonly kind: 'file.write' | 'artifact.write' } & FileWrite)
  | ({ readonly kind: 'file.copy' | 'file.move' } & FileTransfer)
  | ({ readonly kind: 'file.delete' } & FileDelete)
  | ({ readonly kind: 'file.mkdir' } & FileMkdir)
  | ({ readonly kind: 'file.list' | 'artifact.list' } & FileList);

export interface FileStat {
  readonly path: string;
  readonly missingOk: boolean;
  readonly followSymlinks: boolean;
}

export interface FileRead {
  readonly path: string;
  readonly format: 'raw' | 'json';
  readonly maxBytes: number | null;
}

export interface FileWrite {
  readonly path: string;
  readonly content: string;
  /** Octal, as written. */
  readonly mode: string;
  readonly overwrite: boolean;
  readonly createDirs: boolean;
  readonly atomic: boolean;
  readonly dryRun: boolean;
}

export interface FileTransfer {
  readonly source: string;
  readonly destination: string;
  readonly overwrite: boolean;
  readonly createDirs: boolean;
  readonly recursive: boolean;
  readonly followSymlinks: boolean;
  readonly dryRun: boolean;
}

export interface FileDelete {
  readonly path: string;
  readonly recursive: boolean;
  readonly missingOk: boolean;
  readonly dryRun: boolean;
}

export interface FileMkdir {
  readonly path: string;
  readonly mode: string;
  readonly createDirs: boolean;
}

export interface FileList {
  readonly path: string;
  /** A glob for the name, or for the path below `path` when it contains a slash; null: everything. */
  readonly pattern: string | null;
  readonly recursive: boolean;
  readonly includeDirs: boolean;
  readonly followSymlinks: boolean;
}

export type WaitAction =
  | {
      readonly kind: 'wait.duration';
      readonly duration: string;
      /** When a wait that was interrupted began (§22.2); null for a new one. Known when the step starts. */
      readonly since: number | null;
    }
  | {
      readonly kind: 'wait.until';
      readonly until: string;
      /** Null: the local zone (§20.3). Known when the step starts. */
      readonly timezone: string | null;
    }
  | {
      readonly kind: 'wait.file';
      readonly path: string;
      readonly state: 'exists' | 'missing';
      readonly pollInterval: string;
    }
  | {
      readonly kind: 'wait.http';
      readonly url: string;
      readonly method: string;
      readonly status: number;
      readonly headers: ReadonlyMap<string, string>;
      readonly body: Value;
      readonly pollInterval: string;
      readonly requestTimeout: string;
    };
