import { deepStrictEqual } from 'node:assert/strict';
import { position } from '../../src/errors/position.ts';
import { renderDiagnostics } from '../../src/errors/render.ts';
import type { Dag } from '../../src/core/dag.ts';
import { loadDag } from '../../src/language/load.ts';
import { packDag, unpackDag } from '../../src/machine/dag-codec.ts';
import type { LoadInput, LoadResult } from '../../src/language/load.ts';

const encoder = new TextEncoder();

/** Loads a DAG from text, as the file `dag.yaml`. */
export function load(text: string, more: Partial<LoadInput> = {}): LoadResult {
  return loadDag({ file: 'dag.yaml', bytes: encoder.encode(text), ...more });
}

/** What was found, as `E212 2:14`; without a place only the code. */
export function found(text: string, more: Partial<LoadInput> = {}): string[] {
  return load(text, more).diagnostics.map((d) => {
    if (d.span === undefined) return d.code;
    const { line, column } = position(d.span);
    return `${d.code} ${line}:${column}`;
  });
}

/** The messages of all diagnostics. */
export function messages(text: string, more: Partial<LoadInput> = {}): string[] {
  return load(text, more).diagnostics.map((d) => d.message);
}

/** The whole text a person would see, without colours. */
export function shown(text: string, more: Partial<LoadInput> = {}): string {
  return renderDiagnostics(load(text, more).diagnostics, { color: (_style, piece) => piece });
}

/** The DAG of a text that must be free of errors; each is also what it was when it has been stored and read again. */
export function dagOf(text: string, more: Partial<LoadInput> = {}): Dag {
  const result = load(text, more);
  if (result.dag === null)
    throw new Error(`not valid: ${result.diagnostics.map((d) => d.message).join('; ')}`);
  for (const dag of result.documents) {
    const packed = packDag(dag);
    deepStrictEqual(packed && unpackDag(packed), dag);
  }
  return result.dag;
}
