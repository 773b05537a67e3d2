import type { Snapshot } from '../core/records.ts';
import type { Journal } from './journal.ts';
import type { Finding } from './resolver.ts';
import type { EngineDeps, RunOptions } from './types.ts';

/** A stop also ends what is of the run and no step that runs: child runs that wait, and leftovers. */
export async function endOthers(
  deps: EngineDeps,
  journal: Journal,
  options: RunOptions,
  kill: boolean,
): Promise<void> {
  await deps.runs.stopChildren(deps, journal.snapshot, { of: null, waiting: true, kill }, options);
  await killAllLeftovers(deps, journal);
}

/** Of a step whose process lives 10 s after SIGKILL (RELIABILITY.md B15). */
export function unkillable(pids: readonly number[]): Finding {
  return { code: 'W503', message: `cannot be killed: pid ${pids.join(', ')}; the step ends when it does` };
}

/** After a stop: ends what earlier steps of the run and of its child runs left running (LANGUAGE.md §13.7). */
async function killAllLeftovers(deps: EngineDeps, journal: Journal): Promise<void> {
  const dirs = await tryDirs(deps, journal.snapshot);
  if (dirs.length === 0) return;
  const left = await deps.processes.killLeftovers(dirs);
  if (left.length === 0) return;
  const message = `processes that cannot be killed are left: pid ${left.join(', ')}`;
  journal.emit({ at: deps.clock.wall(), type: 'log.warning', code: 'W503', message, step: null });
}

async function tryDirs(deps: EngineDeps, { run, steps }: Snapshot): Promise<string[]> {
  const dirs = steps.flatMap((step) =>
    step.tries
      .filter((t) => !t.inFlow && t.state !== 'void')
      .map((t) => deps.home.tryDir(run.id, step.number, t.n)),
  );
  for (const { id } of await deps.store.runs({ parent: run.id, limit: 0 })) {
    const child = await deps.store.load(id);
    if (child !== null) dirs.push(...(await tryDirs(deps, child)));
  }
  return dirs;
}
