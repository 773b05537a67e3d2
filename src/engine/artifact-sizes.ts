import { join, relative } from 'node:path';
import type { ArtifactSize } from '../core/events.ts';
import type { PreparedTry } from './prepare.ts';
import type { RunFiles } from './types.ts';

export function writesArtifacts({ step, work }: PreparedTry): boolean {
  return (
    step.stdout?.kind === 'artifact' || step.stderr?.kind === 'artifact' || work.kind === 'artifact.write'
  );
}

/**
 * The artifacts that flow itself wrote for a try which has ended, with their sizes, so that a resume can tell whether
 * what it keeps is still there (RELIABILITY.md R4). A path that shows a secret is not recorded.
 */
export function artifactSizes(files: Pick<RunFiles, 'size'>, prepared: PreparedTry): ArtifactSize[] {
  const { step, work, output, env } = prepared;
  const root = env['FLOW_ARTIFACTS_DIR'];
  if (root === undefined) return [];
  const paths = (['stdout', 'stderr'] as const).flatMap((stream) => {
    const path = output.files[stream];
    return step[stream]?.kind === 'artifact' && path !== null ? [relative(root, path)] : [];
  });
  if (work.kind === 'artifact.write') paths.push(work.path);
  return [...new Set(paths)].flatMap((path) => {
    const bytes = files.size(join(root, path));
    return bytes === null || output.masker?.finds(path) === true ? [] : [{ path, bytes }];
  });
}
