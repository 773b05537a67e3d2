import type { Dag } from '../core/dag.ts';
import type { Snapshot } from '../core/records.ts';
import { stepAt } from '../core/snapshot.ts';
import { createdRun } from './create-run.ts';
import { execute } from './execution.ts';
import { Journal } from './journal.ts';
import type { EngineDeps, Execution, ReusedStep, RunOptions, RunRequest } from './types.ts';

/**
 * Records a new run and drives its first attempt. The record, the claim and the first starts are durable before
 * anything runs; then `begun` gets the execution, so that signals reach it.
 * @throws RunExists when the id is taken, FlowError when its logs or artifacts cannot be where the DAG says.
 */
export async function startRun(
  deps: EngineDeps,
  request: RunRequest,
  options: RunOptions,
  begun: (execution: Execution) => void,
): Promise<Execution> {
  deps.files.openRun(request);
  const at = deps.clock.wall();
  const journal = createdRun(deps, request, at);
  const { reuse } = request;
  const { delaySec } = request.dag;
  const dueAt = delaySec > 0 ? at + delaySec * 1_000 : null;
  journal.emit({ type: 'run.started', at, attempt: 1, owner: deps.owner, token: 1, dueAt });
  for (const one of reuse?.steps ?? []) takeOver(journal, request, one, at);
  await journal.commit();
  const execution = execute(deps, journal, request.dag, options);
  begun(execution);
  return execution;
}

/** Starts a run that was queued (T1). */
export async function startQueued(
  deps: EngineDeps,
  snapshot: Snapshot,
  dag: Dag,
  options: RunOptions,
  begun: (execution: Execution) => void,
): Promise<Execution> {
  const journal = Journal.open(deps, snapshot);
  const at = deps.clock.wall();
  const dueAt = dag.delaySec > 0 ? at + dag.delaySec * 1_000 : null;
  const { token, state } = snapshot.run;
  journal.emit({ type: 'run.started', at, attempt: 1, owner: deps.owner, token: token + 1, dueAt });
  // Whoever takes it out of the queue leaves the token as it is.
  await journal.commit(null, state);
  const execution = execute(deps, journal, dag, options);
  begun(execution);
  return execution;
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
