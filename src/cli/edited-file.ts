import type { Dag } from '../core/dag.ts';
import type { RunRecord } from '../core/records.ts';
import type { EditedFile } from '../engine/types.ts';
import { FlowError } from '../errors/diagnostic.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { rebindParams } from '../language/stored-params.ts';
import type { Context } from './context.ts';
import { readDag } from './read-dag.ts';

/**
 * The file of a run as it is now, for `--updated` (LANGUAGE.md §22.3): under the name and the `--unresolved` of the
 * run, with its params. `stored` is the DAG that is stored with it.
 * @throws FlowError (exit 2) when the file is gone or wrong, or does not accept the params; nothing was changed.
 */
export function readEdited(context: Context, run: RunRecord, stored: Dag): EditedFile {
  const { unresolved, file } = run;
  const { dag, definition } = readDag(context, file, { name: run.dag, warnings: true, unresolved });
  const { params, problems } = rebindParams(stored, dag, run.params);
  if (problems.length > 0) throw new FlowError(EXIT.usage, problems);
  return { dag, definition, params };
}
