import { jsonToText, type Json } from '../base/json.ts';
import type { BoundParam, Dag as InnerDag } from '../core/dag.ts';
import { startRun } from '../engine/start.ts';
import { FlowError } from '../errors/diagnostic.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { LABEL_KEY } from '../language/names.ts';
import { bindParams, type GivenParam } from '../language/params.ts';
import { runOptions } from '../machine/machine.ts';
import { newRequest, newRunId } from '../machine/new-run.ts';
import { loadedOf } from './dag.ts';
import { drive } from './drive.ts';
import { checkNames, RUN, runSetup } from './options.ts';
import { Misuse } from './publish.ts';
import type { Dag, RunOptions, RunResult } from './types.ts';

/** Records a new run of a DAG and drives it. `flow` is the command that starts flow. */
export async function startNew(
  flow: readonly string[],
  file: Dag | string | URL,
  options: RunOptions,
): Promise<RunResult> {
  checkNames(options, RUN);
  const setup = runSetup(options);
  const { labels = {}, params = {}, runId } = options;
  checkLabels(labels);
  const id = newRunId(setup, runId);
  const loaded = await loadedOf(setup, file);
  const { dag } = loaded;
  const request = newRequest(loaded, {
    id,
    params: boundParams(dag, params),
    labels: Object.entries(labels),
    unresolved: setup.config.unresolved,
  });
  return drive({
    ...{ setup, flow, dag, options },
    begin: (deps, begun) => startRun(deps, request, runOptions(setup), begun),
  });
}

/** @throws FlowError (exit 2, E431) with every problem of the values, Misuse for what is no JSON */
function boundParams(dag: InnerDag, given: NonNullable<RunOptions['params']>): readonly BoundParam[] {
  const words = isList(given)
    ? given.map((value): GivenParam => ({ name: null, value: textOf('params', value) }))
    : Object.entries(given).map(([name, value]): GivenParam => ({ name, value: textOf(name, value) }));
  const { params, problems } = bindParams(dag.params, { words }, dag.paramsSchema);
  if (problems.length > 0) throw new FlowError(EXIT.usage, problems);
  return params;
}

function isList(given: NonNullable<RunOptions['params']>): given is readonly string[] {
  return Array.isArray(given);
}

/** As `-p` takes JSON: text as it is, null as no text, everything else as JSON. */
function textOf(name: string, value: Json): string {
  if (!isJson(value)) throw new Misuse(`the value of the param ${name} must be a JSON value`);
  return value === null ? '' : jsonToText(value);
}

/** Dates, maps, `undefined` and numbers such as NaN would silently become something else. */
function isJson(value: unknown): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (Array.isArray(value)) return value.every(isJson);
  return (
    Object.prototype.toString.call(value) === '[object Object]' &&
    Object.values(value as object).every(isJson)
  );
}

function checkLabels(labels: Readonly<Record<string, string>>): void {
  for (const [key, value] of Object.entries(labels)) {
    if (!LABEL_KEY.test(key) || typeof value !== 'string') {
      throw new Misuse(`labels: ${JSON.stringify(key)} must match ${LABEL_KEY.source} and have a text`);
    }
  }
}
