import { openQuestions } from '../../core/questions.ts';
import type { ExitCode } from '../../errors/exit-codes.ts';
import { EXIT } from '../../errors/exit-codes.ts';
import { shownState } from '../../engine/ownership.ts';
import { statusJson } from '../../report/run-json.ts';
import { statusLines } from '../../report/status-text.ts';
import type { Context } from '../context.ts';
import { runPlaces } from '../places.ts';
import { storedDag } from '../read-dag.ts';
import { findRun } from '../run-argument.ts';
import { notYet } from '../usage.ts';
import { withReading } from '../wiring.ts';

export interface StatusFlags {
  readonly json?: boolean;
  readonly watch?: boolean;
}

/** `flow status [RUN]` */
export async function status(
  context: Context,
  argument: string | undefined,
  flags: StatusFlags,
): Promise<ExitCode> {
  if (flags.watch === true) throw notYet('--watch');
  const { snapshot, state, dag } = await withReading(context, async ({ store, isOwnerAlive }) => {
    const found = await findRun(store, argument, runPlaces(context));
    const asks = flags.json !== true && openQuestions(found).length > 0;
    const stored = asks ? await storedDag(store, found) : null;
    return { snapshot: found, state: shownState(found.run, isOwnerAlive), dag: stored?.dag ?? null };
  });
  if (flags.json === true) {
    context.out.write(`${JSON.stringify(statusJson(snapshot, state), null, 2)}\n`);
    return EXIT.ok;
  }
  for (const line of statusLines(snapshot, state, context.clock.wall(), context.paintOut, dag)) {
    context.out.write(`${line}\n`);
  }
  return EXIT.ok;
}
