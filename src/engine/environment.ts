import { resolve } from 'node:path';
import type { EnvEntry, Step } from '../core/dag.ts';
import { upstream } from '../core/graph.ts';
import { isManaged, setManaged } from '../core/managed.ts';
import type { Settable } from '../core/managed.ts';
import type { TryRecord } from '../core/records.ts';
import { ownSteps } from '../core/snapshot.ts';
import { expandHome } from './expand-home.ts';
import { Resolver } from './resolver.ts';
import type { AttemptFacts } from './scope.ts';
import type { Secrets } from './secrets.ts';
import { fieldScope } from './scope.ts';
import { Variables } from './variables.ts';
import type { SharedVariables } from './variables.ts';

/** The environment of an attempt, which its steps build on: layers 1 to 6 of LANGUAGE.md §7.2. */
export interface RootEnvironment {
  readonly env: SharedVariables;
  /** Absolute; not checked to exist. */
  readonly cwd: string;
  readonly secrets: Secrets;
}

/** Before secrets are read. */
export interface RootPlaces extends Pick<RootEnvironment, 'cwd'> {
  readonly env: ReadonlyMap<string, string>;
}

/** Resolves root `env` and `working_dir`. The resolver says whether all could be resolved. */
export function rootEnvironment(
  facts: AttemptFacts,
  inherited: Readonly<Record<string, string>>,
  mode: 'strict' | 'keep',
): { root: RootPlaces; resolver: Resolver } {
  const env = new Map<string, string>();
  for (const [name, value] of Object.entries(inherited)) if (!isManaged(name)) env.set(name, value);
  for (const [name, value] of facts.params) if (!isManaged(name)) env.set(name, value);
  setManagedOfRun(env, facts);
  const resolver = new Resolver(fieldScope(facts, env, {}), mode);
  addEntries(env, facts.dag.env, 'env', resolver);
  const directory = resolver.text('working_dir', facts.dag.workingDir ?? '.', 'full');
  return { root: { env, cwd: resolve(facts.directory, expandHome(directory, env)) }, resolver };
}

/** Layers 1 to 9 for a step or handler; the entries of its `env` are resolved with `resolver`, which reads `env`. */
export function stepEnvironment(facts: AttemptFacts, root: RootEnvironment, step: Step): Variables {
  const env = new Variables(root.env);
  setManaged(env, { FLOW_STEP_ID: step.id ?? '', FLOW_STEP_NAME: step.name });
  for (const [name, value] of outputVariables(facts, step)) if (!isManaged(name)) env.set(name, value);
  return env;
}

/** Adds `env` entries from top to bottom; later ones may use earlier ones (§7.3). */
export function addEntries(
  env: Settable,
  entries: readonly EnvEntry[],
  field: string,
  resolver: Resolver,
): void {
  for (const { name, value } of entries) {
    const resolved = resolver.text(`${field}.${name}`, value, 'full');
    if (!isManaged(name)) env.set(name, resolved);
  }
}

function setManagedOfRun(env: Settable, { snapshot, home, paths, paramsJson }: AttemptFacts): void {
  const { run } = snapshot;
  setManaged(env, {
    FLOW_DAG_NAME: run.dag,
    FLOW_RUN_ID: run.id,
    FLOW_ATTEMPT: String(run.attempt),
    FLOW_RUN_WORK_DIR: home.scratch(run.id),
    ...(paths.artifacts === null ? {} : { FLOW_ARTIFACTS_DIR: paths.artifacts }),
    FLOW_RUN_LOG_FILE: paths.runLog,
    FLOW_PARAMS_JSON: paramsJson,
  });
}

/** Layer 10: what belongs to one try. */
export function setManagedOfTry(
  env: Settable,
  record: Pick<TryRecord, 'inAttempt' | 'idempotencyKey' | 'outLog' | 'errLog'>,
  outputFile: string,
): void {
  setManaged(env, {
    FLOW_TRY: String(record.inAttempt),
    FLOW_OUTPUT_FILE: outputFile,
    FLOW_STDOUT_FILE: record.outLog,
    FLOW_STDERR_FILE: record.errLog,
    FLOW_IDEMPOTENCY_KEY: record.idempotencyKey,
  });
}

/** What handlers see of the end of their attempt; nothing for steps. */
export function setManagedOfHandler(
  env: Settable,
  { snapshot }: AttemptFacts,
  runStatus: string | null,
): void {
  if (runStatus === null) return;
  const waiting = ownSteps(snapshot).filter((step) => step.state === 'waiting');
  setManaged(env, {
    FLOW_RUN_STATUS: runStatus,
    // Only the wait handler runs then.
    ...(runStatus === 'waiting' ? { FLOW_WAITING_STEPS: waiting.map((step) => step.label).join(',') } : {}),
  });
}

/**
 * Layer 8: `output: NAME`, and what people filled in to approve (§18.2), of what the step depends on; nearest last to
 * be walked wins. A handler sees all `output: NAME`.
 */
function outputVariables(
  { dag, snapshot, roster, namesOutputs }: AttemptFacts,
  step: Step,
): Map<string, string> {
  if (!namesOutputs) return new Map();
  const numbers =
    step.kind === 'step' ? upstream(step, (number) => roster.find(number)) : dag.steps.map((s) => s.number);
  const variables = new Map<string, string>();
  for (const number of numbers) {
    const from = roster.find(number);
    const record = snapshot.steps[number - 1];
    if (from === undefined || record?.state !== 'succeeded') continue;
    const names = step.kind === 'step' ? [...(from.approval?.input ?? [])] : [];
    for (const name of from.outputName === null ? names : [from.outputName, ...names]) {
      const value = Object.hasOwn(record.outputs, name) ? record.outputs[name] : undefined;
      if (value !== undefined) variables.set(name, value.text);
    }
  }
  return variables;
}
