import type { Diagnostic } from '../errors/diagnostic.ts';
import { loadDag, type LoadInput, type LoadResult } from '../language/load.ts';

/** Compilers of jq at work at the same time; each is a thread. */
const AT_ONCE = 4;

/**
 * Loads a DAG file as `loadDag` does and has its literal jq filters compiled as well (E703): the one loader of
 * `validate` and `run` (LANGUAGE.md §2.5). jq itself is only loaded for files that hold such a filter.
 */
export async function loadFile(input: LoadInput): Promise<LoadResult> {
  const result = loadDag(input);
  const texts = [...new Set(result.filters.map(({ text }) => text))];
  if (texts.length === 0) return result;
  const problems = await compileAll(texts);
  const found = result.filters.flatMap(({ text, path, span }): Diagnostic[] => {
    const problem = problems.get(text) ?? null;
    const message = `${path}: the filter does not compile: ${problem}`;
    return problem === null ? [] : [{ code: 'E703', severity: 'error', message, path, span }];
  });
  if (found.length === 0) return result;
  const at = ({ span }: Diagnostic): number => span?.start ?? -1;
  const diagnostics = [...result.diagnostics, ...found].sort((a, b) => at(a) - at(b));
  return { ...result, dag: null, diagnostics };
}

/** The problem of each filter that has one. */
async function compileAll(filters: readonly string[]): Promise<ReadonlyMap<string, string | null>> {
  const { filterProblem } = await import('../actions/jq-filter.ts');
  const problems = new Map<string, string | null>();
  for (let at = 0; at < filters.length; at += AT_ONCE) {
    const some = filters.slice(at, at + AT_ONCE);
    const found = await Promise.all(some.map(filterProblem));
    some.forEach((filter, i) => problems.set(filter, found[i] ?? null));
  }
  return problems;
}
