import type { Dag } from '../core/dag.ts';
import type { EventOf, StepSeed } from '../core/events.ts';
import { firstSnapshot } from '../core/fold.ts';
import { allSteps } from '../core/numbers.ts';
import type { RunRecord } from '../core/records.ts';
import { Touched } from '../core/touched.ts';
import type { Append } from '../store/store.ts';
import { Journal } from './journal.ts';
import type { Defined } from './journal.ts';
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

/** The same as a part of a greater commit: that of the tick it is started for. */
export function creation(request: RunRequest, at: number): Append {
  const created = createdEvent(request, at);
  const touched = new Touched();
  firstSnapshot(created, touched);
  const changes = { run: touched.run, attempts: [], steps: [...touched.steps], tries: [], tasks: [] };
  return { run: request.id, token: null, events: [created], changes, ...definitionOf(request) };
}

/** A run that is not recorded yet: its creation is part of the first commit. */
export function createdRun(deps: EngineDeps, request: RunRequest, at: number): Journal {
  return Journal.create(deps, createdEvent(request, at), definitionOf(request));
}

function definitionOf({ definition, compiled }: RunRequest): Defined {
  const kept = compiled?.() ?? null;
  return { definition, ...(kept && { compiled: kept }) };
}

function createdEvent(request: RunRequest, at: number): EventOf<'run.created'> {
  const { id, file, params, labels, trigger, unresolved, selected, definition, reuse } = request;
  return {
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
  };
}

/** The rows of a run's steps: steps in file order, then handlers. */
export function stepSeeds(dag: Dag): StepSeed[] {
  return allSteps(dag).map(({ number, kind, id, name, label }) => ({ number, kind, id, name, label }));
}
