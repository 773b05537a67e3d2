import { runPaths } from '../base/paths.ts';
import { join } from 'node:path';
import type { Dag, Step } from '../core/dag.ts';
import type { ArtifactSize } from '../core/events.ts';
import { allSteps, findStep } from '../core/numbers.ts';
import type { Snapshot } from '../core/records.ts';
import type { ResumePlan } from '../core/resume.ts';
import type { PlanWarning } from '../core/update.ts';
import type { Store } from '../store/store.ts';
import type { EngineDeps, RunFiles } from './types.ts';

export interface ArtifactPlaces extends Pick<EngineDeps, 'home'> {
  readonly store: Pick<Store, 'events'>;
  readonly files: Pick<RunFiles, 'size'>;
}

/** W822: artifacts of steps that the plan keeps, and that are gone or have another size (RELIABILITY.md R4). */
export async function checkArtifacts(
  { store, files, home }: ArtifactPlaces,
  dag: Dag,
  { run, steps }: Snapshot,
  { decisions }: ResumePlan,
): Promise<PlanWarning[]> {
  const folder = runPaths(home, run).artifacts;
  if (folder === null || !allSteps(dag).some(writesArtifact)) return [];
  const last = new Map<number, readonly ArtifactSize[]>();
  // Several steps may append to one artifact: what the last of them left counts.
  const sizes = new Map<string, number>();
  const events = await store.events({ run: run.id, types: ['step.finished'], after: 0, limit: 0 });
  for (const { event } of events) {
    if (event.type !== 'step.finished') continue;
    last.set(event.step, event.artifacts ?? []);
    for (const { path, bytes } of event.artifacts ?? []) sizes.set(path, bytes);
  }
  return decisions.flatMap(({ step, label, verdict }): PlanWarning[] => {
    if (verdict !== 'keep' || steps[step - 1]?.state !== 'succeeded' || findStep(dag, step) === undefined)
      return [];
    return (last.get(step) ?? []).flatMap(({ path }): PlanWarning[] => {
      const now = files.size(join(folder, path));
      if (now === sizes.get(path)) return [];
      const what = now === null ? 'is gone' : 'has another size';
      return [
        { code: 'W822', message: `artifact ${path} of ${label} ${what}: --from ${label} makes it again` },
      ];
    });
  });
}

function writesArtifact({ action, stdout, stderr }: Step): boolean {
  return action.kind === 'artifact.write' || stdout?.kind === 'artifact' || stderr?.kind === 'artifact';
}
