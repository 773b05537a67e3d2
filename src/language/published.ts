import type { Approval, OutputDeclaration, StepAction } from '../core/dag.ts';
import { ACTION_OUTPUTS } from './action-fields.ts';
import { outputTypes } from './step-output.ts';
import type { StepOutput } from './step-output.ts';

/** Outputs with their types; `any` is json or text, as it comes. */
export type Published = ReadonlyMap<string, 'string' | 'json' | 'any'>;

/** What the author declares (LANGUAGE.md §11.1). */
export function declaredOutputs(declared: readonly OutputDeclaration[], output: StepOutput): Published {
  return new Map([...declared.map(({ name, type }) => [name, type] as const), ...outputTypes(output)]);
}

/** What references may read: outputs of the action, which a key of the author replaces, and answers (§18.2). */
export function publishedOutputs(
  action: StepAction | null,
  own: Published,
  approval: Approval | null,
): Published {
  const inputs = approval?.input.map((name) => [name, 'string'] as const) ?? [];
  return new Map([...(action === null ? [] : ofAction(action)), ...own, ...inputs]);
}

function ofAction(action: StepAction): [string, 'string' | 'json' | 'any'][] {
  switch (action.kind) {
    case 'outputs.write':
      return [...action.values].map(([key, value]) => [key, typeof value === 'string' ? 'string' : 'json']);
    case 'human.task':
      return action.form.map(({ name }) => [name, 'string']);
    case 'foreach':
      return json('summary', 'items', 'outputs');
    case 'dag.run':
      if (action.parallel !== null) return json('summary', 'results', 'outputs');
      return [...text('name', 'dagRunId', 'status'), ...json('params', 'outputs')];
    case 'dag.enqueue':
      return action.parallel === null ? text('name', 'dagRunId', 'queue', 'status') : json('summary', 'runs');
    default:
      return Object.entries(ACTION_OUTPUTS[action.kind] ?? {});
  }
}

function text(...names: string[]): [string, 'string'][] {
  return names.map((name) => [name, 'string']);
}

function json(...names: string[]): [string, 'json'][] {
  return names.map((name) => [name, 'json']);
}
