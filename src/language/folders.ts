import type { Artifacts } from '../core/dag.ts';
import { field } from './place.ts';
import type { Place } from './place.ts';
import { report } from './report.ts';
import type { Report } from './report.ts';
import type { RootFields } from './root-fields.ts';

/** Reads `log_dir` and `artifacts` (LANGUAGE.md §21.2, §21.3): where the files of runs go. */
export function readFolders(
  into: Report,
  root: Place,
  map: RootFields,
): { logDir: string | null; artifacts: Artifacts } {
  const artifacts = field(root, 'artifacts');
  return {
    logDir: readPath(into, field(root, 'log_dir'), map.log_dir),
    artifacts: {
      enabled: map.artifacts?.enabled ?? true,
      dir: readPath(into, artifacts && field(artifacts, 'dir'), map.artifacts?.dir),
    },
  };
}

function readPath(into: Report, place: Place | null, path: string | undefined): string | null {
  if (place === null || path === undefined) return null;
  if (path.trim() === '') report(into, 'E108', place, 'must be a path, got empty text');
  return path;
}

/** E504: what needs the artifacts directory in a DAG that has none. */
export function refuseArtifacts(into: Report, step: Place, action: string | undefined): void {
  const streams = ['stdout', 'stderr'].map((key) => {
    const stream = field(step, key);
    return stream && field(stream, 'artifact');
  });
  const named = action?.trim().startsWith('artifact.') === true ? field(step, 'action') : null;
  for (const place of [...streams, named]) {
    if (place !== null) report(into, 'E504', place, 'artifacts are disabled', { hint: HINT });
  }
}

const HINT = 'remove "artifacts: {enabled: false}", or write to a file of your own';
