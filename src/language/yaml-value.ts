import type { Json } from '../base/json.ts';
import { lineIndex } from '../errors/position.ts';
import type { Report } from './report.ts';
import { parseSource } from './source.ts';
import { toJson } from './tree.ts';

/**
 * Reads one YAML document as a value, with the rules and limits of DAG files. The reason of a failure is for
 * people; it never holds a part of the text.
 */
export function parseYamlValue(text: string): { readonly json: Json } | { readonly error: string } {
  const into: Report = { source: { file: '', text }, found: [], unresolved: 'strict' };
  const documents = parseSource(into);
  const [problem] = into.found;
  if (problem !== undefined) {
    const line = problem.span === undefined ? 0 : lineIndex(problem.span.source, problem.span.start);
    return { error: `not YAML, line ${line + 1}` };
  }
  const [document, ...more] = documents;
  if (more.length > 0) return { error: `${documents.length} YAML documents, expected one` };
  if (document?.root === undefined || document.root === null) return { json: null };
  const { json, inexact } = toJson(document.root);
  if (inexact === null) return { json };
  return {
    error: `line ${lineIndex(inexact.span.source, inexact.span.start) + 1}: a number has no exact JSON form`,
  };
}
