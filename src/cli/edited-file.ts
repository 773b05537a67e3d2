import type { Dag } from '../core/dag.ts';
import type { RunRecord } from '../core/records.ts';
import type { EditedFile } from '../engine/types.ts';
import { FlowError, flowError } from '../errors/diagnostic.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { rebindParams } from '../language/stored-params.ts';
import type { Context } from './context.ts';
import { readDag } from './read-dag.ts';

/**
 * The file of a run as it is now, for `--updated` (LANGUAGE.md §22.3): under the name and the `--unresolved` of the
 * run, with its params. `stored` is the DAG that is stored with it.
 * @throws FlowError (exit 2) when the file is gone or wrong, or does not accept the params; nothing was changed.
 */
export async function readEdited(context: Context, run: RunRecord, stored: Dag): Promise<EditedFile> {
  const { unresolved, file } = run;
  const own = run.document === 0 ? { name: run.dag } : {};
  const { documents, definition } = await readDag(context, file, { ...own, warnings: true, unresolved });
  const dag = documents[run.document];
  if (dag?.name !== run.dag) {
    const hint = 'go on with what is stored: leave out --updated';
    throw flowError(
      EXIT.usage,
      'E104',
      `${file} has no document ${run.document + 1} "${run.dag}" any more`,
      hint,
    );
  }
  const { params, problems } = rebindParams(stored, dag, run.params);
  if (problems.length > 0) throw new FlowError(EXIT.usage, problems);
  return { dag, definition, params };
}
