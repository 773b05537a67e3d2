import type { Dag } from '../core/dag.ts';
import type { RunRequest } from '../engine/types.ts';
import { newRequest, newRunId } from '../machine/new-run.ts';
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
  const labels = (flags.label ?? []).map(parseLabel);
  const loaded = await readDag(context, argument, { name: flags.name, warnings: true });
  const params = givenParams(context, loaded.dag, words, flags);
  const { unresolved } = context.config;
  return { request: newRequest(loaded, { id, params, labels, unresolved }), dag: loaded.dag };
}
