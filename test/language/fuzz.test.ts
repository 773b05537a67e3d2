import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { expandTabs } from '../../src/errors/columns.ts';
import type { Diagnostic, Span } from '../../src/errors/diagnostic.ts';
import { diagnosticsToJson, renderDiagnostics } from '../../src/errors/render.ts';
import { loadDag } from '../../src/language/load.ts';
import type { LoadResult } from '../../src/language/load.ts';
import { corpus, dictionary, encoded, mutated } from '../support/mutate.ts';
import { random } from '../support/random.ts';

/**
 * Files that are nearly DAGs (RELIABILITY.md P13, G): whatever a file holds, the loader ends, and what it says
 * has a code and a place. FLOW_FUZZ_RUNS=10000 for more files, FLOW_FUZZ_SEED for others; file n of seed s is
 * file 0 of seed s + n.
 */
const RUNS = Number(process.env['FLOW_FUZZ_RUNS'] ?? 2_000);
const SEED = Number(process.env['FLOW_FUZZ_SEED'] ?? 20_260_101);
/** No file takes a hundredth of this: beyond it the loader hangs. */
const HANG_MS = 10_000;

const FILES = corpus();
const WORDS = dictionary();
/** Problems of the file as a whole have no place in it. */
const NO_PLACE = /^limit: file size|^yaml: the file is UTF-16/;

test(`${RUNS} mutated files: an answer with a code and a place for each, and the same again`, () => {
  const answers = new Set<string>();
  for (let seed = SEED; seed < SEED + RUNS; seed++) {
    const by = random(seed);
    const bytes = encoded(mutated(FILES, WORDS, by), by);
    const unresolved = by.oneIn(4) ? 'keep' : 'strict';
    const schema = encoded(
      by.pick(['{"type":"object","properties":{"a":{"type":"integer"}}}', '{', '[]']),
      by,
    );
    const load = (): LoadResult =>
      loadDag({ file: 'dag.yaml', bytes, unresolved, readFile: () => ({ bytes: schema }) });
    try {
      const result = withinLimit(load);
      check(result);
      for (const { code } of result.diagnostics) answers.add(code);
      if (result.dag !== null) answers.add('fine');
      expect(load()).toEqual(result);
    } catch (error) {
      const text = JSON.stringify(Buffer.from(bytes).toString('latin1'));
      throw new Error(`FLOW_FUZZ_SEED=${seed}, bytes ${text}`, { cause: error });
    }
  }
  // Mutations that only break the YAML would try nothing else.
  if (RUNS >= 1_000) expect(answers.size).toBeGreaterThan(40);
}, 3_600_000);

/** Ends what hangs. @throws when it does, or what `act` throws */
function withinLimit<T>(act: () => T): T {
  return runInNewContext('act()', { act }, { timeout: HANG_MS }) as T;
}

function check({ dag, diagnostics, source }: LoadResult): void {
  expect(dag === null).toBe(diagnostics.some((d) => d.severity === 'error'));
  for (const diagnostic of diagnostics) {
    expect(diagnostic.code).toMatch(/^[EW]\d{3}$/);
    expect(diagnostic.severity).toBe(diagnostic.code.startsWith('E') ? 'error' : 'warning');
    expect(diagnostic.message).toMatch(/^[^\r\n]+$/);
    if (diagnostic.span === undefined) expect(diagnostic.message).toMatch(NO_PLACE);
    for (const span of spansOf(diagnostic)) {
      expect(span.source).toBe(source);
      expect(span.start).toBeGreaterThanOrEqual(0);
      expect(span.end).toBeGreaterThanOrEqual(span.start);
      expect(span.end).toBeLessThanOrEqual(source.text.length);
    }
  }
  const starts = diagnostics.map((d) => d.span?.start ?? -1);
  expect(starts).toEqual([...starts].sort((a, b) => a - b));
  checkShown(diagnostics);
}

function spansOf({ span, related = [] }: Diagnostic): Span[] {
  return [...(span === undefined ? [] : [span]), ...related.map((r) => r.span)];
}

/** What people and programs get: a list of the same length, and no line that moves the cursor. */
function checkShown(diagnostics: readonly Diagnostic[]): void {
  const json = diagnosticsToJson(diagnostics);
  expect(json.length).toBe(diagnostics.length);
  for (const { line, column } of json) expect(line === null || (line >= 1 && (column ?? 0) >= 1)).toBe(true);
  const text = renderDiagnostics(diagnostics, { color: (_style, piece) => piece });
  expect(expandTabs(text)).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]/);
}
