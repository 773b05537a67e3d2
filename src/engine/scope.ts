import { dirname } from 'node:path';
import type { Json } from '../base/json.ts';
import { jsonToText } from '../base/json.ts';
import { runPaths } from '../base/paths.ts';
import type { FlowHome, RunPaths } from '../base/paths.ts';
import { pickValue, valueToText } from '../base/value.ts';
import type { Dag, Item, OutputValue, Step } from '../core/dag.ts';
import { paramsJson } from '../core/params.ts';
import type { Snapshot } from '../core/records.ts';
import { readPath } from '../core/reference/path.ts';
import type { Scope } from '../core/reference/template.ts';
import type { Roster } from './roster.ts';
import type { Lookup } from './variables.ts';

/** What every field of an attempt may see, whatever its step. */
export interface AttemptFacts {
  readonly dag: Dag;
  readonly snapshot: Snapshot;
  readonly home: FlowHome;
  readonly paths: RunPaths;
  /** Started by the root `retry_policy`. */
  readonly retried: boolean;
  readonly directory: string;
  readonly params: ReadonlyMap<string, string>;
  readonly paramsJson: string;
  readonly roster: Roster;
  /** Some step has `output: NAME`, or an approval with inputs. */
  readonly namesOutputs: boolean;
}

export function attemptFacts(
  dag: Dag,
  roster: Roster,
  snapshot: Snapshot,
  home: FlowHome,
  retried: boolean,
): AttemptFacts {
  return {
    dag,
    roster,
    snapshot,
    home,
    paths: runPaths(home, snapshot.run),
    retried,
    directory: dirname(snapshot.run.file),
    params: new Map(snapshot.run.params.map((param) => [param.name, param.value])),
    paramsJson: paramsJson(snapshot.run.params),
    namesOutputs: dag.steps.some(namesOutput),
  };
}

/**
 * Where references of a field find their values (LANGUAGE.md §8.2). `env` is read when a reference is resolved,
 * so entries that are added on the way are seen by later ones. `context` holds what differs between fields; `from` is
 * the step that the field belongs to, null for the root.
 */
export function fieldScope(
  facts: AttemptFacts,
  env: Lookup,
  context: Readonly<Record<string, string>>,
  from: Pick<Step, 'item'> | null = null,
): Scope {
  const own = (fields: Readonly<Record<string, string>>, field: string): string | undefined =>
    Object.hasOwn(fields, field) ? fields[field] : undefined;
  return {
    const: (name) => facts.dag.consts.get(name),
    param: (name) => facts.params.get(name),
    paramsJson: () => facts.paramsJson,
    env: (name) => env.get(name),
    output: (id, name, path) => publishedOutput(facts, facts.roster.byId(id, from), name, path),
    ...(from?.item == null ? {} : { item: itemReader(from.item) }),
    context: (field) => own(context, field) ?? own(attemptContext(facts), field),
  };
}

function namesOutput({ outputName, approval, action }: Step): boolean {
  return (
    outputName !== null || approval !== null || (action.kind === 'foreach' && action.steps.some(namesOutput))
  );
}

/** Facts of the run (§8.3). */
function attemptContext({ snapshot, home, paths, retried }: AttemptFacts): Record<string, string> {
  const { run, attempts } = snapshot;
  const startedAt = attempts.at(-1)?.startedAt ?? run.createdAt;
  return {
    'dag.name': run.dag,
    'run.id': run.id,
    'run.scheduled_at': run.scheduledAt === null ? '' : new Date(run.scheduledAt).toISOString(),
    'run.root_name': run.root?.dag ?? run.dag,
    'run.root_id': run.root?.id ?? run.id,
    'attempt.id': String(run.attempt),
    'attempt.started_at': new Date(startedAt).toISOString(),
    'run.started_at': new Date(startedAt).toISOString(),
    'trigger.type': retried ? 'retry' : run.trigger,
    'trigger.actor': '',
    'paths.log_file': paths.runLog,
    'paths.work_dir': home.scratch(run.id),
    ...(paths.artifacts === null ? {} : { 'paths.artifacts_dir': paths.artifacts }),
  };
}

function publishedOutput(
  { snapshot }: AttemptFacts,
  step: Step | undefined,
  name: string,
  path: readonly (string | number)[],
): string | undefined {
  const record = step && snapshot.steps[step.number - 1];
  return record?.state === 'succeeded' ? readOutput(record.outputs, name, path) : undefined;
}

/** `${foreach.…}`: index, key, and the item under its name (§8.2). */
export function itemReader({ index, key, as, value }: Item): NonNullable<Scope['item']> {
  return (name, path) => {
    if (name === 'index' && path.length === 0) return String(index);
    if (name === 'key' && path.length === 0) return key;
    if (name !== as) return undefined;
    const part = pickValue(value, path);
    return part === undefined ? undefined : valueToText(part);
  };
}

/** A published output, or a part of a json one; undefined if it is not there. */
export function readOutput(
  outputs: Readonly<Record<string, OutputValue>>,
  name: string,
  path: readonly (string | number)[],
): string | undefined {
  const output = Object.hasOwn(outputs, name) ? outputs[name] : undefined;
  if (output === undefined || path.length === 0) return output?.text;
  if (output.type !== 'json') return undefined;
  const value = readPath(JSON.parse(output.text) as Json, path);
  return value === undefined ? undefined : jsonToText(value);
}
