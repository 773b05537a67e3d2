import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Dag } from '../core/dag.ts';
import { withNumbers } from '../core/numbers.ts';
import type { DefinitionRecord, RunRecord, Snapshot } from '../core/records.ts';
import type { Diagnostic } from '../errors/diagnostic.ts';
import { FlowError } from '../errors/diagnostic.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { renderDiagnostics } from '../errors/render.ts';
import { loadDag } from '../language/load.ts';
import type { ReadFile } from '../language/report.ts';
import type { Context } from './context.ts';
import { findDag, type DagFile } from './dag-argument.ts';
import { flowVersion } from './version.ts';
import type { ReadStore } from './wiring.ts';
import { readRegularFile } from './yaml-map.ts';

/** A DAG that may run, with its exact source. */
export interface LoadedDag {
  readonly dag: Dag;
  readonly definition: DefinitionRecord;
  readonly file: DagFile;
}

export interface ReadOptions {
  readonly name?: string | undefined;
  readonly warnings: boolean;
  /** By default that of the configuration. */
  readonly unresolved?: 'strict' | 'keep';
}

/**
 * Reads and checks the file of a DAG argument. `warnings: true` shows them on standard error and, under `--strict`,
 * counts them as errors.
 * @throws FlowError (exit 2) with everything that is wrong.
 */
export function readDag(
  context: Context,
  argument: string,
  { name, warnings, unresolved = context.config.unresolved }: ReadOptions,
): LoadedDag {
  const file = findDag(argument, context);
  const bytes = readRegularFile(file.path, 'E002', file.shown);
  const { strict } = context.config;
  const files = Object.create(null) as Record<string, ReturnType<ReadFile>>;
  const { dag, diagnostics, source } = loadDag({
    ...{ file: file.shown, bytes, unresolved, ...named(name) },
    readFile: (path) => (files[path] = readBeside(file.path, path)),
  });
  if (dag === null || (warnings && strict && diagnostics.length > 0))
    throw new FlowError(EXIT.usage, diagnostics);
  if (warnings) warn(context, diagnostics);
  return { dag, file, definition: definitionOf(source.text, files) };
}

/**
 * The DAG as it is stored with a run, its steps numbered as their rows; the file is not needed (RELIABILITY.md R8).
 * @throws FlowError (exit 2) when this version of flow does not accept what an older one did.
 */
export async function storedDag(
  store: ReadStore,
  { run }: Snapshot,
): Promise<{ dag: Dag; definition: DefinitionRecord }> {
  const definition = await store.definition(run.definition);
  if (definition === null) throw new Error(`the definition of run ${run.id} is missing`);
  const bytes = new TextEncoder().encode(definition.text);
  const { dag, diagnostics } = loadDag({
    ...{ file: run.file, bytes, name: run.dag, unresolved: run.unresolved },
    readFile: (path) => storedFile(definition, path),
  });
  if (dag === null) throw new FlowError(EXIT.usage, diagnostics);
  return { dag: withNumbers(dag, run.numbers), definition };
}

/** One line when the file is not what it was: the stored definition counts (RELIABILITY.md R8, G12, G13). */
export function tellChanged({ err, paintErr, quiet }: Context, { file }: RunRecord, text: string): void {
  if (quiet) return;
  const change = fileChange(file, text);
  if (change === null) return;
  err.write(
    `${paintErr('warning', 'note:')} ${file} ${change}; the definition stored with the run is used\n`,
  );
}

function fileChange(file: string, text: string): string | null {
  if (!existsSync(file)) return 'is gone';
  // The decoder drops a byte order mark, as the loader does.
  const now = statSync(file).isFile() ? new TextDecoder().decode(readFileSync(file)) : null;
  return now === text ? null : 'has changed since the run started';
}

function definitionOf(text: string, read: Readonly<Record<string, ReturnType<ReadFile>>>): DefinitionRecord {
  const files = Object.create(null) as Record<string, string>;
  for (const [path, file] of Object.entries(read)) {
    if ('bytes' in file) files[path] = new TextDecoder().decode(file.bytes);
  }
  // Without further files the hash is that of the text, so that people can compare it.
  const whole = Object.keys(files).length === 0 ? text : JSON.stringify([text, files]);
  return { hash: createHash('sha256').update(whole).digest('hex'), text, files, base: null, flowVersion };
}

function storedFile({ files }: DefinitionRecord, path: string): ReturnType<ReadFile> {
  const text = files[path];
  return text === undefined
    ? { error: 'not stored with the run' }
    : { bytes: new TextEncoder().encode(text) };
}

/** A file that a DAG names, by its path relative to the DAG file. */
export function readBeside(dagFile: string, path: string): ReturnType<ReadFile> {
  try {
    return { bytes: readRegularFile(resolve(dirname(dagFile), path), 'E430', path) };
  } catch (error) {
    if (!(error instanceof FlowError)) throw error;
    return { error: (error.diagnostics[0]?.message ?? '').replace(`${path}: `, '') };
  }
}

function warn({ err, paintErr, quiet }: Context, diagnostics: readonly Diagnostic[]): void {
  if (diagnostics.length === 0 || quiet) return;
  err.write(renderDiagnostics(diagnostics, { color: paintErr }));
}

function named(name: string | undefined): { name?: string } {
  return name === undefined ? {} : { name };
}
