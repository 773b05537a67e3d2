import { flowHome } from '../base/paths.ts';
import type { RunRecord, Snapshot, StepRecord, TryRecord } from '../core/records.ts';
import { titleOf } from '../core/snapshot.ts';
import { flowError } from '../errors/diagnostic.ts';
import { EXIT } from '../errors/exit-codes.ts';
import type { EngineDeps } from './types.ts';

type Deps = Pick<EngineDeps, 'home' | 'files'>;

/**
 * For tries whose files are not where this flow looks: the database is a backup that was put back, here or in another
 * home. What became of them cannot be known, so none of them counts as never started (docs/reliability.md).
 */
export function elsewhere(deps: Deps, snapshot: Snapshot): (record: TryRecord) => 'nowhere' | 'moved' | null {
  const whole = hasFiles(deps, snapshot.run);
  return (record) => {
    if (!whole) return 'nowhere';
    return homeOf(deps, snapshot, record) === deps.home.root ? null : 'moved';
  };
}

/** False where the work folder of a run is missing, which is made before its first try. */
export function hasFiles({ files, home }: Deps, { id }: RunRecord): boolean {
  return files.kind(home.work(id)) === 'directory';
}

/**
 * Nothing is started while a process of such a try lives: it may be doing the very same work.
 * @throws FlowError E006 (exit 5) which names it and the home that it belongs to.
 */
export function refuseLivingElsewhere(deps: Deps & Pick<EngineDeps, 'processes'>, snapshot: Snapshot): void {
  const placeOf = elsewhere(deps, snapshot);
  for (const step of snapshot.steps) {
    if (step.state === 'succeeded' || step.state === 'skipped') continue;
    for (const record of step.tries) {
      if (record.inFlow || placeOf(record) === null) continue;
      const home = homeOf(deps, snapshot, record);
      const pids = deps.processes.living([flowHome(home).tryDir(snapshot.run.id, step.number, record.n)]);
      if (pids.length > 0) throw livesElsewhere(snapshot.run, step, home, pids);
    }
  }
}

/** The home in which a try was started; this one where an older version did not record it. */
function homeOf({ home }: Deps, { attempts }: Snapshot, { attempt }: TryRecord): string {
  return attempts.find(({ n }) => n === attempt)?.owner.home ?? home.root;
}

function livesElsewhere({ id }: RunRecord, step: StepRecord, home: string, pids: readonly number[]) {
  const what = `\`${titleOf(step)}\` was started from ${home} and lives as pid ${pids.join(', ')}`;
  const hint = 'wait until it has ended, or end it: what it has done by then is not known here';
  return flowError(EXIT.busy, 'E006', `run ${id} is still running: ${what}`, hint);
}
