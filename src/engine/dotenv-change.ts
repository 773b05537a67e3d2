import type { Dag } from '../core/dag.ts';
import type { Snapshot } from '../core/records.ts';
import { RUNS_NOTHING } from '../core/update.ts';
import type { PlanWarning } from '../core/update.ts';
import type { Store } from '../store/store.ts';
import { withDotenv } from './dotenv.ts';
import { rootEnvironment } from './environment.ts';
import { Roster } from './roster.ts';
import { attemptFacts } from './scope.ts';
import type { EngineDeps, RunFiles } from './types.ts';

/** The hash of what the dotenv files held when they were read last; null: there was none. */
export async function lastDotenv(store: Pick<Store, 'events'>, run: string): Promise<string | null> {
  const events = await store.events({ run, types: ['run.dotenv_read'], after: 0, limit: 0 });
  const last = events.at(-1)?.event;
  return last?.type === 'run.dotenv_read' ? last.hash : null;
}

export interface DotenvPlaces extends Pick<EngineDeps, 'home' | 'environment'> {
  readonly store: Pick<Store, 'events'>;
  readonly files: Pick<RunFiles, 'read' | 'kind'>;
}

/** W820, for a plan: the dotenv files hold something else than when steps of the run saw them (RELIABILITY.md R8). */
export async function dotenvChange(at: DotenvPlaces, dag: Dag, snapshot: Snapshot): Promise<PlanWarning[]> {
  if (!snapshot.steps.some((step) => step.tries.length > 0)) return [];
  const facts = attemptFacts(dag, new Roster(dag), snapshot, at.home, false);
  const { root, resolver } = rootEnvironment(facts, at.environment, snapshot.run.unresolved);
  const { hash } = withDotenv(root, dag.dotenv, facts.directory, resolver, at.files);
  // What cannot be resolved yet is not known either.
  if (resolver.failure !== null || hash === (await lastDotenv(at.store, snapshot.run.id))) return [];
  return [{ code: 'W820', message: `root env changed: what the dotenv files hold; ${RUNS_NOTHING}` }];
}
