import { shortId } from '../../base/ids.ts';
import type { Snapshot } from '../../core/records.ts';
import { abortQueued } from '../../engine/stop-request.ts';
import { shownState } from '../../engine/ownership.ts';
import { flowError } from '../../errors/diagnostic.ts';
import { EXIT, type ExitCode } from '../../errors/exit-codes.ts';
import type { Context } from '../context.ts';
import { dagNames } from '../places.ts';
import { findRun } from '../run-argument.ts';
import { withReading, withRequest, type Reading } from '../wiring.ts';

/** `flow dequeue RUN`: takes a queued run back; a DAG means its newest run that is queued. */
export async function dequeue(context: Context, argument: string): Promise<ExitCode> {
  const { run } = await withReading(context, (reading) => look(context, reading, argument));
  await withRequest(context, async ({ store, isOwnerAlive }) => {
    for (;;) {
      const snapshot = await store.load(run.id);
      if (snapshot === null) throw flowError(EXIT.usage, 'E003', `no run "${run.id}": it was just deleted`);
      refuseOthers(snapshot, { isOwnerAlive });
      if ((await abortQueued({ store, clock: context.clock }, snapshot, 'dequeued')) !== null) return;
    }
  });
  const { err, paintErr, quiet } = context;
  if (!quiet) err.write(`${paintErr('aborted', '■ dequeued')}: run ${shortId(run.id)} of ${run.dag}\n`);
  return EXIT.ok;
}

async function look(context: Context, reading: Reading, argument: string): Promise<Snapshot> {
  const { store } = reading;
  const found = await findRun(store, argument, {
    dagNames: (dag) => dagNames(context, dag),
    newestOf: async (dag) => {
      const [queued] = await store.runs({ dag, states: ['queued'], limit: 1 });
      return queued ?? (await store.runs({ dag, limit: 1 }))[0] ?? null;
    },
  });
  refuseOthers(found, reading);
  return found;
}

/** @throws FlowError (exit 1, E010) for a run that does not wait in a queue */
function refuseOthers({ run }: Snapshot, { isOwnerAlive }: Pick<Reading, 'isOwnerAlive'>): void {
  if (run.state === 'queued') return;
  const state = shownState(run, isOwnerAlive);
  const goesOn = state === 'running' || state === 'waiting' || state === 'interrupted';
  const hint = goesOn ? `end it with \`flow stop ${shortId(run.id)}\`` : undefined;
  const message = `run ${shortId(run.id)} of ${run.dag} is not queued, it is ${state.replace('_', ' ')}`;
  throw flowError(EXIT.failed, 'E010', message, hint);
}
