/**
 * Variables that flow sets, with their aliases (LANGUAGE.md §7.4). Setting one of them in `env` or `params`
 * has no effect.
 */
const MANAGED: readonly (readonly [name: string, alias: string | null])[] = [
  ['FLOW_DAG_NAME', 'DAG_NAME'],
  ['FLOW_RUN_ID', 'DAG_RUN_ID'],
  ['FLOW_ATTEMPT', null],
  ['FLOW_RUN_WORK_DIR', 'DAG_RUN_WORK_DIR'],
  ['FLOW_ARTIFACTS_DIR', 'DAG_RUN_ARTIFACTS_DIR'],
  ['FLOW_RUN_LOG_FILE', 'DAG_RUN_LOG_FILE'],
  ['FLOW_PARAMS_JSON', 'DAG_PARAMS_JSON'],
  ['FLOW_RUN_STATUS', 'DAG_RUN_STATUS'],
  ['FLOW_WAITING_STEPS', 'DAG_WAITING_STEPS'],
  ['FLOW_STEP_ID', null],
  ['FLOW_STEP_NAME', 'DAG_RUN_STEP_NAME'],
  ['FLOW_TRY', null],
  ['FLOW_OUTPUT_FILE', 'DAGU_OUTPUT_FILE'],
  ['FLOW_STDOUT_FILE', 'DAG_RUN_STEP_STDOUT_FILE'],
  ['FLOW_STDERR_FILE', 'DAG_RUN_STEP_STDERR_FILE'],
  ['FLOW_IDEMPOTENCY_KEY', null],
];

const ALIASES = new Map(MANAGED.flatMap(([name, alias]) => (alias === null ? [] : [[name, alias] as const])));
const NAMES = new Set([...MANAGED.map(([name]) => name), ...ALIASES.values()]);

/** True for the names of §7.4, aliases included. `PWD` is managed too: it is the step's directory. */
export function isManaged(name: string): boolean {
  return name === 'PWD' || NAMES.has(name);
}

/** Where variables are put. */
export interface Settable {
  set(name: string, value: string): unknown;
}

/** Sets managed variables and their aliases. */
export function setManaged(env: Settable, values: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(values)) {
    env.set(name, value);
    const alias = ALIASES.get(name);
    if (alias !== undefined) env.set(alias, value);
  }
}
