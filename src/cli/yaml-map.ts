import { FlowError, type Diagnostic } from '../errors/diagnostic.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { decode } from '../language/decode.ts';
import { fields, placeOf, type At, type Place } from '../language/place.ts';
import { hasErrors, report, sorted, type Report } from '../language/report.ts';
import { parseSource } from '../language/source.ts';
import { readRegularFile } from '../machine/regular-file.ts';

/** One key of a YAML map of a small file of the user's, with its place. */
export interface YamlField {
  readonly key: string;
  readonly at: At;
  readonly value: Place;
}

/**
 * Reads a file that holds one YAML (or JSON) map. `check` may add problems to the report; all of them are
 * thrown together.
 * @throws FlowError (exit 2)
 */
export function readYamlMap<T>(path: string, shown: string, check: (all: YamlField[], into: Report) => T): T {
  const { source, problem } = decode(shown, readRegularFile(path, 'E001', shown));
  const into: Report = { source, found: problem === null ? [] : [problem], unresolved: 'strict' };
  const document = problem === null ? parseSource(into)[0] : undefined;
  const root = document?.root ?? null;
  const all = root === null ? [] : fields(placeOf(root, ''));
  if (root !== null && root.kind !== 'map') {
    report(
      into,
      'E108',
      placeOf(root, ''),
      `must be a map, got ${root.kind === 'list' ? 'a list' : 'a scalar'}`,
    );
  }
  const result = check(all, into);
  if (hasErrors(into)) throw new FlowError(EXIT.usage, sorted(into) satisfies Diagnostic[]);
  return result;
}
