import type { Dag as InnerDag } from '../core/dag.ts';
import type { Snapshot } from '../core/records.ts';
import type { PlanWarning } from '../core/update.ts';
import { lookAhead, newestResumable } from '../engine/resumable.ts';
import { resumeRun } from '../engine/resume.ts';
import { flowError } from '../errors/diagnostic.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { outside, runOptions } from '../machine/machine.ts';
import { storedDag } from '../machine/read-dag.ts';
import type { Setup } from '../machine/setup.ts';
import { reading, type Reading } from '../machine/stores.ts';
import { sourceOf } from './dag.ts';
import { drive } from './drive.ts';
import { checkNames, RESUME, runSetup } from './options.ts';
import { resultOf } from './result.ts';
import type { Dag, ResumeOptions, RunResult } from './types.ts';

/** Goes on with a run in a new attempt; one that succeeded stays as it is. `flow` is the command that starts flow. */
export async function goOn(
  flow: readonly string[],
  which: Dag | string,
  options: ResumeOptions,
): Promise<RunResult> {
  checkNames(options, RESUME);
  const setup = runSetup(options);
  const silent = { note: () => undefined, waiting: () => undefined };
  const looked = await reading(setup, silent, (at) => look(setup, at, which));
  const { snapshot, dag, warnings } = looked;
  if (dag === null) return resultOf(snapshot, []);
  const plan = { ...runOptions(setup), from: null, edited: null, warnings };
  return drive({
    ...{ setup, flow, dag, options },
    begin: (deps, begun) => resumeRun(deps, snapshot, dag, plan, { planned: () => undefined, begun }),
  });
}

interface Looked {
  readonly snapshot: Snapshot;
  /** As it is stored with the run; null: there is nothing to go on with. */
  readonly dag: InnerDag | null;
  readonly warnings: readonly PlanWarning[];
}

async function look(setup: Setup, at: Reading, which: Dag | string): Promise<Looked> {
  const id = typeof which === 'string' ? which : await newestOf(at, sourceOf(which).dag.name);
  const snapshot = await at.store.load(id);
  if (snapshot === null) throw flowError(EXIT.usage, 'E003', `no run "${id}"`);
  const { state } = snapshot.run;
  if (state === 'succeeded' || state === 'partially_succeeded') return { snapshot, dag: null, warnings: [] };
  const { dag } = await storedDag(at.store, snapshot);
  const places = { ...outside(setup), ...at };
  const { warnings } = await lookAhead(places, snapshot, dag, { from: null, edited: null });
  return { snapshot, dag, warnings };
}

/** The newest run of a DAG that can be resumed. @throws FlowError (exit 2, E008) when there is none */
async function newestOf(at: Reading, dag: string): Promise<string> {
  const run = await newestResumable(at, { dag });
  if (run === null) throw flowError(EXIT.usage, 'E008', `no resumable run of ${dag}`);
  return run.id;
}
