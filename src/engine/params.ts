import { runPaths } from '../base/paths.ts';
import { isManaged } from '../core/managed.ts';
import { paramsJson } from '../core/params.ts';
import type { BoundParam, Dag } from '../core/dag.ts';
import type { Snapshot } from '../core/records.ts';
import type { Scope } from '../core/reference/template.ts';
import { brokenRule } from '../language/param-rules.ts';
import type { Finding } from './resolver.ts';
import { evaluateText } from './shell-command.ts';
import type { EngineDeps } from './types.ts';

export interface EvaluatedParams {
  /** In order of declaration. */
  readonly params: readonly BoundParam[];
  /** R402: the run fails. */
  readonly failure: Finding | null;
  readonly warnings: readonly Finding[];
}

/** True when a param is still without the value that its `eval` gives (LANGUAGE.md §15.1, 4). */
export function needsEvaluation(dag: Dag, { run }: Snapshot): boolean {
  const known = new Set(run.params.map((param) => param.name));
  return dag.params?.some((param) => param.eval !== null && !known.has(param.name ?? '')) === true;
}

/** Gives each param its value in order of declaration: what the run has, else `eval`, else `default` (§9.2). */
export async function evaluateParams(
  deps: EngineDeps,
  dag: Dag,
  { run }: Snapshot,
  cwd: string,
  signal: AbortSignal,
): Promise<EvaluatedParams> {
  const given = new Map(run.params.map((param) => [param.name, param]));
  const env = new Map(Object.entries(deps.environment).filter(([name]) => !isManaged(name)));
  const params: BoundParam[] = [];
  const warnings: Finding[] = [];
  const around = {
    ...{ deps, runLog: runPaths(deps.home, run).runLog, env, cwd, mode: run.unresolved },
    ...{
      scope: paramScope(dag, params, env),
      rootShell: dag.shell,
      // Secrets are read later (LANGUAGE.md §15.1).
      mask: (text: string) => text,
      stepShell: null,
    },
  };
  let position = 0;
  for (const declared of dag.params ?? []) {
    const name = declared.name ?? String(++position);
    let param = given.get(name);
    if (param === undefined && declared.eval !== null) {
      const result = await evaluateText(declared.eval, around, signal);
      warnings.push(...result.warnings);
      if ('error' in result && declared.default === null) {
        const message = `params: \`${name}\`: eval failed: ${result.error}`;
        return { params, failure: { code: 'R402', message }, warnings };
      }
      const value = 'value' in result ? result.value : (declared.default ?? '');
      const broken = 'value' in result ? brokenRule(declared, value) : null;
      if (broken !== null) {
        const message = `parameter validation failed: \`${name}\` ${broken}`;
        return { params, failure: { code: 'R402', message }, warnings };
      }
      param = { name, value, type: declared.type };
    }
    if (param === undefined) continue;
    params.push(param);
    if (!isManaged(name)) env.set(name, param.value);
  }
  return { params, failure: null, warnings };
}

/** Consts, earlier params and the environment of the owner (§8.8). */
function paramScope(dag: Dag, earlier: readonly BoundParam[], env: ReadonlyMap<string, string>): Scope {
  return {
    const: (name) => dag.consts.get(name),
    param: (name) => earlier.find((param) => param.name === name)?.value,
    paramsJson: () => paramsJson(earlier),
    env: (name) => env.get(name),
    output: () => undefined,
    context: () => undefined,
  };
}
