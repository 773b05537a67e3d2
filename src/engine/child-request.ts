import type { RunRecord } from '../core/records.ts';
import { bindParams } from '../language/params.ts';
import type { ChildSpec } from './child-specs.ts';
import type { Finding } from './resolver.ts';
import { runFolders } from './run-folders.ts';
import type { EngineDeps, RunRequest } from './types.ts';

/** LANGUAGE.md §26. */
const DEEPEST = 16;

export interface ParentOfChild {
  readonly run: RunRecord;
  readonly step: number;
}

/** The request for a child run that does not exist yet, or why there is none: R710, R711, R713, R714. */
export async function childRequest(
  { subDags }: Pick<EngineDeps, 'subDags'>,
  { run, step }: ParentOfChild,
  spec: ChildSpec,
): Promise<RunRequest | Finding> {
  const depth = (run.root?.depth ?? 0) + 1;
  if (depth > DEEPEST) return { code: 'R713', message: `nesting of sub-DAGs: at most ${DEEPEST} levels` };
  const found = await subDags.find(run, spec.dag);
  if ('code' in found) return found;
  const { dag, definition, file, document } = found;
  const human = dag.steps.find(({ action }) => action.kind === 'human.task');
  if (human !== undefined) {
    const message = `sub-DAG \`${spec.dag}\` has a human task, \`${human.label}\`: a sub-DAG cannot wait for one`;
    return { code: 'R714', message };
  }
  const { params, problems } = bindParams(dag.params, { words: spec.params }, dag.paramsSchema);
  if (problems.length > 0) {
    const why = problems.map(({ message }) => message).join('; ');
    return { code: 'R711', message: `sub-DAG \`${spec.dag}\` is not valid: ${why}` };
  }
  return {
    ...{ id: spec.id, dag, definition, file, document, params, queue: null, selected: null, reuse: null },
    labels: Object.fromEntries(dag.labels),
    trigger: 'subdag',
    parent: { run: run.id, step },
    root: { id: run.root?.id ?? run.id, dag: run.root?.dag ?? run.dag, depth },
    ...runFolders(dag, file),
    unresolved: run.unresolved,
  };
}
