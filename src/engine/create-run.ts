import type { Dag } from '../core/dag.ts';
import type { StepSeed } from '../core/events.ts';
import { allSteps } from '../core/numbers.ts';
import type { RunRecord } from '../core/records.ts';
import { Journal } from './journal.ts';
import type { EngineDeps, RunRequest } from './types.ts';

/**
 * Records a run that waits in its queue (T0).
 * @throws RunExists when the id is taken.
 */
export async function queueRun(deps: EngineDeps, request: RunRequest): Promise<RunRecord> {
  deps.files.openRun(request);
  const journal = createdRun(deps, request, deps.clock.wall());
  await journal.commit();
  return journal.snapshot.run;
}

/** A run that is not recorded yet: its creation is part of the first commit. */
export function createdRun(deps: EngineDeps, request: RunRequest, at: number): Journal {
  const { id, file, params, labels, trigger, unresolved, selected, definition, reuse } = request;
  return Journal.create(
    deps,
    {
      type: 'run.created',
      at,
      id,
      dag: request.dag.name,
      definition: definition.hash,
      document: request.document,
      file,
      params,
      labels,
      trigger,
      scheduledAt: request.scheduledAt ?? null,
      dueAt: request.dueAt ?? null,
      parent: request.parent,
      root: request.root,
      queue: request.queue,
      logDir: request.logDir,
      artifactsDir: request.artifactsDir,
      unresolved,
      selected,
      reusedFrom: reuse?.from.run.id ?? null,
      steps: stepSeeds(request.dag),
    },
    definition,
  );
}

/** The rows of a run's steps: steps in file order, then handlers. */
export function stepSeeds(dag: Dag): StepSeed[] {
  return allSteps(dag).map(({ number, kind, id, name, label }) => ({ number, kind, id, name, label }));
}
