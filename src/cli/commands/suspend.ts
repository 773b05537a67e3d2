import { FlowError } from '../../errors/diagnostic.ts';
import { EXIT, type ExitCode } from '../../errors/exit-codes.ts';
import type { Store } from '../../store/store.ts';
import type { Context } from '../context.ts';
import { stem } from '../../machine/dag-argument.ts';
import { readDag } from '../read-dag.ts';
import { withRequest } from '../wiring.ts';

/** `flow suspend DAG`, `flow unsuspend DAG`: turns its schedule off and on (LANGUAGE.md §20.7). */
export async function suspend(context: Context, argument: string, off: boolean): Promise<ExitCode> {
  const { clock, err, quiet, paintErr } = context;
  const { name, changed, scheduled } = await withRequest(context, async ({ store }) => {
    const found = await named(context, store, argument);
    return { ...found, changed: await store.suspend(found.name, off, clock.wall()) };
  });
  if (quiet) return EXIT.ok;
  const state = off ? 'suspended: its ticks are neither run nor missed' : 'on: it goes on with its next tick';
  const same = changed ? '' : ' already';
  err.write(`the schedule of ${name} is${same} ${state}\n`);
  if (!scheduled) err.write(`${paintErr('dim', `${name} has no schedule at the moment`)}\n`);
  return EXIT.ok;
}

/** By its file, or by its name when the file is broken or gone: a schedule can always be turned off. */
async function named(
  context: Context,
  store: Store,
  argument: string,
): Promise<{ readonly name: string; readonly scheduled: boolean }> {
  try {
    const { dag } = await readDag(context, argument, {});
    return { name: dag.name, scheduled: dag.schedule !== null };
  } catch (error) {
    if (!(error instanceof FlowError)) throw error;
    const known = new Set((await store.cursors()).map(({ dag }) => dag));
    const name = [argument, stem(argument)].find((one) => known.has(one));
    if (name === undefined) throw error;
    return { name, scheduled: true };
  }
}
