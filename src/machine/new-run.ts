import { randomBytes } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import { RUN_ID_PATTERN, uuidv7 } from '../base/ids.ts';
import type { BoundParam } from '../core/dag.ts';
import { ownRun } from '../engine/run-folders.ts';
import type { RunRequest } from '../engine/types.ts';
import { flowError } from '../errors/diagnostic.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { compileDag } from './compiled-dag.ts';
import type { LoadedDag } from './read-dag.ts';

export interface NewRun {
  readonly id: string;
  readonly params: readonly BoundParam[];
  /** On top of those of the DAG. */
  readonly labels: readonly (readonly [key: string, value: string])[];
  readonly unresolved: 'strict' | 'keep';
}

/** A run of a DAG that a person or a program asks for, of all steps and in no named queue. */
export function newRequest({ dag, documents, definition, file }: LoadedDag, run: NewRun): RunRequest {
  const { unresolved } = run;
  const compiled = { dag: dag.name, unresolved, document: 0, parent: null };
  return {
    ...run,
    ...{ dag, definition, selected: null, reuse: null },
    labels: Object.fromEntries([...dag.labels, ...run.labels]),
    compiled: () => compileDag(compiled, documents),
    file: file.path,
    trigger: 'manual',
    ...ownRun(dag, file.path),
  };
}

/** The id of a new run: the given one, checked (E004), else a new UUID. */
export function newRunId({ clock }: { readonly clock: Clock }, given: string | undefined): string {
  if (given === undefined) return uuidv7(clock.wall(), randomBytes);
  if (RUN_ID_PATTERN.test(given)) return given;
  throw flowError(EXIT.usage, 'E004', `run id "${given}" must match ${RUN_ID_PATTERN.source}`);
}
