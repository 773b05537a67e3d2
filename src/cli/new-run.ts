import { randomBytes } from 'node:crypto';
import { RUN_ID_PATTERN, uuidv7 } from '../base/ids.ts';
import type { Dag } from '../core/dag.ts';
import { ownRun } from '../engine/run-folders.ts';
import type { RunRequest } from '../engine/types.ts';
import { flowError } from '../errors/diagnostic.ts';
import { EXIT } from '../errors/exit-codes.ts';
import type { Context } from './context.ts';
import { parseLabel } from './labels.ts';
import { givenParams, type ParamFlags } from './params.ts';
import { readDag } from './read-dag.ts';

/** What `flow run` and `flow enqueue` know of the run that they record. */
export interface NewRunFlags extends ParamFlags {
  readonly runId?: string;
  readonly name?: string;
  readonly label?: string[];
}

/**
 * The run that a person asks for, of all steps and in no named queue: everything that can be wrong is found before
 * anything is recorded.
 * @throws FlowError (exit 2)
 */
export async function newRun(
  context: Context,
  argument: string,
  words: readonly string[],
  flags: NewRunFlags,
): Promise<{ readonly request: RunRequest; readonly dag: Dag }> {
  const id = newRunId(context, flags.runId);
  const given = (flags.label ?? []).map(parseLabel);
  const { dag, definition, file } = await readDag(context, argument, { name: flags.name, warnings: true });
  const params = givenParams(context, dag, words, flags);
  const request = {
    ...{ id, dag, definition, params, selected: null },
    labels: Object.fromEntries([...dag.labels, ...given]),
    file: file.path,
    trigger: 'manual' as const,
    ...ownRun(dag, file.path),
    unresolved: context.config.unresolved,
    reuse: null,
  };
  return { request, dag };
}

/** The id of a new run: the given one, checked (E004), else a new UUID. */
export function newRunId({ clock }: Context, given: string | undefined): string {
  if (given === undefined) return uuidv7(clock.wall(), randomBytes);
  if (RUN_ID_PATTERN.test(given)) return given;
  throw flowError(EXIT.usage, 'E004', `run id "${given}" must match ${RUN_ID_PATTERN.source}`);
}
