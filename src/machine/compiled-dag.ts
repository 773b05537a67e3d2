import { createHash } from 'node:crypto';
import type { Dag } from '../core/dag.ts';
import type { CompiledDag, RunRecord } from '../core/records.ts';
import { packDag } from './dag-codec.ts';
import { flowBuild } from './version.ts';

/**
 * The checked DAG beside the text that it was made of, so that a resume of a large run need not parse and check that
 * text again. It is never needed: the text counts (RELIABILITY.md R8), and whatever is not exactly what this build of
 * flow would make of it is ignored.
 */

/** With fewer steps than these nobody feels how long parsing takes. */
const MANY_STEPS = 500;

/** What loading depends on besides the definition. Child runs are left out: their base file has no handlers. */
export type CompiledFor = Pick<RunRecord, 'dag' | 'unresolved' | 'document' | 'parent'>;

/** Null for a small DAG, one of several documents, and one that would not come back as it is. */
export function compileDag(
  run: CompiledFor,
  documents: readonly Dag[],
  build = flowBuild,
): CompiledDag | null {
  const key = compiledKey(run, build);
  const [dag, ...others] = documents;
  if (key === null || dag === undefined || others.length > 0 || dag.steps.length < MANY_STEPS) return null;
  const data = packDag(dag);
  return data === null ? null : { key, data };
}

/** Null: nothing is kept for such a run. */
export function compiledKey(
  { dag, unresolved, document, parent }: CompiledFor,
  build = flowBuild,
): string | null {
  if (build === null || document !== 0 || parent !== null) return null;
  return createHash('sha256')
    .update(JSON.stringify([build, dag, unresolved]))
    .digest('hex');
}
