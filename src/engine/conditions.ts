import { resolve } from 'node:path';
import { hasLine } from '../core/condition.ts';
import type { Condition, Step } from '../core/dag.ts';
import { addEntries, setManagedOfHandler, stepEnvironment } from './environment.ts';
import { expandHome } from './expand-home.ts';
import type { RootEnvironment } from './environment.ts';
import { Resolver } from './resolver.ts';
import type { Finding } from './resolver.ts';
import { fieldScope } from './scope.ts';
import type { AttemptFacts } from './scope.ts';
import { commandSucceeds, evaluateText } from './shell-command.ts';
import type { Evaluated, Surroundings } from './shell-command.ts';
import type { EngineDeps } from './types.ts';

export type Verdict =
  | { readonly kind: 'met' }
  | { readonly kind: 'not_met' }
  | { readonly kind: 'error'; readonly code: string; readonly message: string }
  | { readonly kind: 'stopped' };

export interface Checked {
  readonly verdict: Verdict;
  readonly warnings: readonly Finding[];
}

/**
 * Judges preconditions in order (LANGUAGE.md §12.1): all are evaluated, and an error in one counts more than another
 * that is not met. Ends soon after `signal`, with its command killed.
 */
export async function checkConditions(
  conditions: readonly Condition[],
  around: Surroundings,
  signal: AbortSignal,
): Promise<Checked> {
  const warnings: Finding[] = [];
  let allMet = true;
  for (const [i, condition] of conditions.entries()) {
    const judged = await judgeCondition(condition, around, signal);
    if (signal.aborted) return { verdict: { kind: 'stopped' }, warnings };
    warnings.push(...judged.warnings);
    if ('error' in judged) {
      const message = `precondition[${i}]: ${judged.error}`;
      return { verdict: { kind: 'error', code: 'R601', message }, warnings };
    }
    allMet &&= judged.value !== condition.negate;
  }
  return { verdict: { kind: allMet ? 'met' : 'not_met' }, warnings };
}

/** Whether one condition is met, `negate` left aside. */
export async function judgeCondition(
  condition: Condition,
  around: Surroundings,
  signal: AbortSignal,
): Promise<Evaluated<boolean>> {
  if (condition.kind === 'command') return commandSucceeds(condition.text, around, signal);
  const text =
    condition.kind === 'eval'
      ? await evaluateText(condition.text, around, signal)
      : plainText(condition.text, around);
  if ('error' in text) return text;
  return { value: hasLine(text.value, condition.expected), warnings: text.warnings };
}

function plainText(template: string, { scope, mode }: Surroundings): Evaluated<string> {
  const resolver = new Resolver(scope, mode);
  const value = resolver.text('condition', template, 'full');
  const { failure, warnings } = resolver;
  return failure === null ? { value, warnings } : { error: failure.message, warnings };
}

export interface Where {
  readonly deps: EngineDeps;
  readonly facts: AttemptFacts;
  readonly root: RootEnvironment;
  /** State in which the attempt is ending; handlers see it. */
  readonly runStatus: string | null;
}

/** For root preconditions. */
export function rootSurroundings({ deps, facts, root }: Omit<Where, 'runStatus'>): Surroundings {
  return {
    deps,
    runLog: facts.paths.runLog,
    env: root.env.map,
    cwd: root.cwd,
    scope: fieldScope(facts, root.env.map, {}),
    mode: facts.snapshot.run.unresolved,
    rootShell: facts.dag.shell,
    mask: (text) => root.secrets.masker?.text(text) ?? text,
    stepShell: null,
  };
}

/** For the conditions of a step or handler: its environment, directory and shell, or why there are none. */
export function stepSurroundings(
  { deps, facts, root, runStatus }: Where,
  step: Step,
): Surroundings | Finding {
  const { unresolved: mode } = facts.snapshot.run;
  const env = stepEnvironment(facts, root, step);
  setManagedOfHandler(env, facts, runStatus);
  const context = {
    'step.id': step.id ?? '',
    'step.name': step.name,
    ...(runStatus === null ? {} : { 'run.status': runStatus }),
  };
  const scope = fieldScope(facts, env, context, step);
  const resolver = new Resolver(scope, mode);
  addEntries(env, step.env, 'env', resolver);
  const directory = resolver.text('working_dir', step.workingDir ?? '.', 'full');
  if (resolver.failure !== null) return resolver.failure;
  return {
    ...rootSurroundings({ deps, facts, root }),
    env: env.toMap(),
    cwd: resolve(root.cwd, expandHome(directory, env)),
    scope,
    stepShell: step.action.kind === 'run' ? step.action.shell : null,
  };
}
