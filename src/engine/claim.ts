import type { Snapshot } from '../core/records.ts';
import { runOwned } from '../core/states.ts';
import { flowError } from '../errors/diagnostic.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { Fenced, StateChanged } from '../store/store.ts';
import type { EngineDeps } from './types.ts';

/** @throws FlowError E006 (exit 5) when a living process owns the run */
export function refuseLiving(deps: Pick<EngineDeps, 'isOwnerAlive'>, { run }: Snapshot): void {
  if (!runOwned(run.state) || run.owner === null || !deps.isOwnerAlive(run.owner)) return;
  throw stillRunning(run.id, run.owner.pid);
}

/** The commit that takes a run over. @throws FlowError E006 (exit 5) when another process was quicker */
export async function claimed<T>({ run }: Snapshot, commit: () => Promise<T>): Promise<T> {
  try {
    return await commit();
  } catch (error) {
    if (error instanceof Fenced) throw stillRunning(run.id, null);
    if (error instanceof StateChanged) {
      const message = `run ${run.id} is no longer ${run.state}: another process was quicker`;
      throw flowError(EXIT.busy, 'E006', message);
    }
    throw error;
  }
}

function stillRunning(run: string, pid: number | null) {
  const owner = pid === null ? 'another process was quicker' : `its owner is pid ${pid}`;
  return flowError(EXIT.busy, 'E006', `run ${run} is still running: ${owner}`);
}
