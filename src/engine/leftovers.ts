import type { Journal } from './journal.ts';
import type { EngineDeps } from './types.ts';

/** After a stop: ends what earlier steps of the run left running (LANGUAGE.md §13.7). */
export async function killAllLeftovers(deps: EngineDeps, journal: Journal): Promise<void> {
  const { run, steps } = journal.snapshot;
  const dirs = steps.flatMap((step) =>
    step.tries
      .filter((t) => !t.inFlow && t.state !== 'void')
      .map((t) => deps.home.tryDir(run.id, step.number, t.n)),
  );
  if (dirs.length === 0) return;
  const left = await deps.processes.killLeftovers(dirs);
  if (left.length === 0) return;
  const message = `processes that cannot be killed are left: pid ${left.join(', ')}`;
  journal.emit({ at: deps.clock.wall(), type: 'log.warning', code: 'W503', message, step: null });
}
