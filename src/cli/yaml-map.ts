import { readFileSync, statSync } from 'node:fs';
import { FlowError, flowError, type Diagnostic } from '../errors/diagnostic.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { decode } from '../language/decode.ts';
import { fields, placeOf, type At, type Place } from '../language/place.ts';
import { hasErrors, report, sorted, type Report } from '../language/report.ts';
import { parseSource } from '../language/source.ts';

/** One key of a YAML map of a small file of the user's, with its place. */
export interface YamlField {
  readonly key: string;
  readonly at: At;
  readonly value: Place;
}

const MAX_BYTES = 4 * 1024 * 1024;
const LONGEST = 2 ** 30;

/**
 * The bytes of a regular file; pipes, devices and directories are refused before they are opened (RELIABILITY.md
 * G17). Of a file beyond the loader's limit only the size is handed on, as zeros.
 * @throws FlowError (exit 2)
 */
export function readRegularFile(path: string, code: string, shown: string): Uint8Array {
  const refuse = (why: string): FlowError => flowError(EXIT.usage, code, `${shown}: ${why}`);
  try {
    const stats = statSync(path);
    if (stats.isDirectory()) throw refuse('is a directory, expected a file');
    if (!stats.isFile()) throw refuse('is not a regular file');
    return stats.size > MAX_BYTES ? new Uint8Array(Math.min(stats.size, LONGEST)) : readFileSync(path);
  } catch (error) {
    if (error instanceof FlowError) throw error;
    throw refuse(readReason(error as NodeJS.ErrnoException));
  }
}

function readReason(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return 'no such file';
  if (error.code === 'EACCES') return 'permission denied';
  return `cannot be read: ${error.message}`;
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
