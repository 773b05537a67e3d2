import { dirname, resolve } from 'node:path';
import { allSteps } from '../core/numbers.ts';
import type { Dag } from '../core/dag.ts';
import type { StepSeed } from '../core/events.ts';
import { stepAt } from '../core/snapshot.ts';
import { execute } from './execution.ts';
import { Journal } from './journal.ts';
import type { EngineDeps, Execution, ReusedStep, RunOptions, RunRequest } from './types.ts';

/**
 * Records a new run and drives its first attempt. The record, the claim and the first starts are durable before
 * anything runs; then `begun` gets the execution, so that signals reach it.
 * @throws RunExists when the id is taken.
 */
export async function startRun(
  deps: EngineDeps,
  request: RunRequest,
  options: RunOptions,
  begun: (execution: Execution) => void,
): Promise<Execution> {
  const at = deps.clock.wall();
  const { id, file, params, labels, trigger, unresolved, selected, definition, reuse } = request;
  const journal = Journal.create(
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
  const { delaySec } = request.dag;
  const dueAt = delaySec > 0 ? at + delaySec * 1_000 : null;
  journal.emit({ type: 'run.started', at, attempt: 1, owner: deps.owner, token: 1, dueAt });
  for (const one of reuse?.steps ?? []) takeOver(journal, request, one, at);
  await journal.commit();
  const execution = execute(deps, journal, request.dag, options);
  begun(execution);
  return execution;
}

/** What a run of its own, which no other run started, is recorded with besides what the caller gives. */
export function ownRun(
  dag: Dag,
  file: string,
): Pick<RunRequest, 'document' | 'parent' | 'root' | 'queue' | 'logDir' | 'artifactsDir'> {
  return { document: 0, parent: null, root: null, queue: null, ...runFolders(dag, file) };
}

/** Folders that a DAG names for its logs and artifacts, absolute (LANGUAGE.md §21.2, §21.3). */
export function runFolders(dag: Dag, file: string): Pick<RunRequest, 'logDir' | 'artifactsDir'> {
  const at = (path: string | null): string | null => (path === null ? null : resolve(dirname(file), path));
  return {
    logDir: at(dag.logDir),
    artifactsDir: dag.artifacts.enabled ? at(dag.artifacts.dir) : false,
  };
}

/** The rows of a run's steps: steps in file order, then handlers. */
export function stepSeeds(dag: Dag): StepSeed[] {
  return allSteps(dag).map(({ number, kind, id, name, label }) => ({ number, kind, id, name, label }));
}

/** A result of an earlier run becomes a result of this one (LANGUAGE.md §22.5). */
function takeOver(journal: Journal, { reuse }: RunRequest, { step, was }: ReusedStep, at: number): void {
  if (reuse === null) return;
  const record = stepAt(reuse.from, was);
  if (record.state === 'skipped') {
    journal.emit({ at, type: 'step.skipped', step, try: null, reason: record.reason ?? 'upstream_skipped' });
    return;
  }
  journal.emit({
    at,
    type: 'step.finished',
    step,
    attempt: 1,
    try: null,
    state: 'succeeded',
    tolerated: false,
    partial: record.partial,
    reason: null,
    message: `reused from ${reuse.from.run.id}`,
    exitCode: null,
    signal: null,
    durationMs: 0,
    outputs: record.outputs,
  });
}
