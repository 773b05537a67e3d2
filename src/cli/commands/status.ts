import type { ExitCode } from '../../errors/exit-codes.ts';
import { EXIT } from '../../errors/exit-codes.ts';
import { shownState } from '../../engine/ownership.ts';
import { statusJson } from '../../report/run-json.ts';
import { statusLines } from '../../report/status-text.ts';
import { askingRuns } from '../asking-runs.ts';
import type { Context } from '../context.ts';
import { runPlaces } from '../places.ts';
import { findRun } from '../run-argument.ts';
import { daemonStatus } from '../daemon/status.ts';
import { settledRun } from '../settled-run.ts';
import { usageError } from '../usage.ts';
import { withReading } from '../wiring.ts';
import { watchRun } from './status-watch.ts';

export interface StatusFlags {
  readonly json?: boolean;
  readonly watch?: boolean;
  readonly daemon?: boolean;
}

/** `flow status [RUN]` */
export async function status(
  context: Context,
  argument: string | undefined,
  flags: StatusFlags,
): Promise<ExitCode> {
  if (flags.watch === true && (flags.json === true || flags.daemon === true)) {
    throw usageError(`--watch and --${flags.json === true ? 'json' : 'daemon'} cannot be combined`);
  }
  if (flags.daemon === true) {
    if (argument !== undefined) throw usageError('--daemon shows the daemon, not a run');
    return daemonStatus(context, flags.json === true);
  }
  const { snapshot, state, children, asking } = await withReading(context, async (reading) => {
    const { store, isOwnerAlive } = reading;
    const asked = await settledRun(reading, await findRun(store, argument, runPlaces(context)));
    const found = flags.watch === true ? await watchRun(context, reading, asked) : asked;
    const children = await store.runs({ parent: found.run.id, limit: 0 });
    const asking = flags.json === true ? [] : await askingRuns(store, found);
    const state = shownState(found.run, isOwnerAlive);
    return { snapshot: found, state, children: children.reverse(), asking };
  });
  if (flags.json === true) {
    context.out.write(`${JSON.stringify(statusJson(snapshot, state, children), null, 2)}\n`);
    return EXIT.ok;
  }
  const facts = { snapshot, state, children, asking, now: context.clock.wall(), paint: context.paintOut };
  for (const line of statusLines(facts)) context.out.write(`${line}\n`);
  return EXIT.ok;
}
