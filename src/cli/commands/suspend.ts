import { EXIT, type ExitCode } from '../../errors/exit-codes.ts';
import type { Context } from '../context.ts';
import { readDag } from '../read-dag.ts';
import { withRequest } from '../wiring.ts';

/** `flow suspend DAG`, `flow unsuspend DAG`: turns its schedule off and on (LANGUAGE.md §20.7). */
export async function suspend(context: Context, argument: string, off: boolean): Promise<ExitCode> {
  const { clock, err, quiet } = context;
  const { dag } = await readDag(context, argument, {});
  const changed = await withRequest(context, ({ store }) => store.suspend(dag.name, off, clock.wall()));
  if (quiet) return EXIT.ok;
  const state = off ? 'suspended: its ticks are neither run nor missed' : 'on: it goes on with its next tick';
  const same = changed ? '' : ' already';
  err.write(`the schedule of ${dag.name} is${same} ${state}\n`);
  if (dag.schedule === null)
    err.write(`${context.paintErr('dim', `${dag.name} has no schedule at the moment`)}\n`);
  return EXIT.ok;
}
