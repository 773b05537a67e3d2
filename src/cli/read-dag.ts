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
import { aroundOf } from './around.ts';
import { laidOn, readBaseFile, storedBase, type ReadBase } from './base-file.ts';
import type { Context } from './context.ts';
import { openToOthers } from './dag-folder.ts';
import { findDag, subDagExists, type DagFile } from './dag-argument.ts';
import { loadFile } from './load-file.ts';
import { flowVersion } from './version.ts';
import type { ReadStore } from './read-store.ts';
import { readRegularFile } from './yaml-map.ts';

/** A DAG that may run, with its exact source. */
export interface LoadedDag {
  readonly dag: Dag;
  /** All documents, that one first. */
  readonly documents: readonly Dag[];
  readonly definition: DefinitionRecord;
  readonly file: DagFile;
}

export interface ReadOptions {
  readonly name?: string | undefined;
  readonly warnings?: boolean;
  /** By default that of the configuration. */
  readonly unresolved?: 'strict' | 'keep';
  /** Of a child run: the base file as it is stored with its parent, null for none. */
  readonly under?: ReadBase | null;
}

/**
 * Reads and checks the file of a DAG argument. `warnings: true` shows them on standard error and, under `--strict`,
 * counts them as errors.
 * @throws FlowError (exit 2) with everything that is wrong.
 */
export async function readDag(context: Context, argument: string, options: ReadOptions): Promise<LoadedDag> {
  return readDagFile(context, findDag(argument, context), options);
}

/** The same for a file that was found. `unresolved`: as the run has it that the DAG is for. */
export async function readDagFile(
  context: Context,
  file: DagFile,
  { name, warnings = false, unresolved = context.config.unresolved, under }: ReadOptions,
): Promise<LoadedDag> {
  const bytes = readRegularFile(file.path, 'E002', file.shown);
  const open = openToOthers(file, context.config.strictPermissions);
  const base = under === undefined ? readBaseFile(context) : under;
  const { strict } = context.config;
  const files = Object.create(null) as Record<string, ReturnType<ReadFile>>;
  const laid = laidOn(base, under !== undefined);
  const {
    dag,
    documents,
    diagnostics: found,
    source,
  } = await loadFile({
    ...{ file: file.shown, bytes, unresolved, around: aroundOf(context), ...named(name), ...laid },
    readFile: (path) => (files[path] = readBeside(file.path, path)),
    dagExists: (target) => subDagExists(file.path, target, context),
  });
  const diagnostics = [...found, ...open];
  if (dag === null || (warnings && strict && diagnostics.length > 0))
    throw new FlowError(EXIT.usage, diagnostics);
  if (warnings) warn(context, diagnostics);
  return { dag, documents, file, definition: definitionOf(source.text, files, base) };
}

/**
 * The DAG as it is stored with a run, its steps numbered as their rows; the file is not needed (RELIABILITY.md R8).
 * @throws FlowError (exit 2) when this version of flow does not accept what an older one did.
 */
export async function storedDag(
  store: ReadStore,
  { run }: Pick<Snapshot, 'run'>,
): Promise<{ dag: Dag; definition: DefinitionRecord }> {
  const { documents, definition } = await storedDocuments(store, run);
  const dag = documents[run.document];
  if (dag === undefined) throw new Error(`the definition of run ${run.id} has no document ${run.document}`);
  return { dag: withNumbers(dag, run.numbers), definition };
}

/** All documents of the definition that is stored with a run. @throws FlowError as `storedDag` does */
export async function storedDocuments(
  store: Pick<ReadStore, 'definition'>,
  run: RunRecord,
): Promise<{ documents: readonly Dag[]; definition: DefinitionRecord }> {
  const definition = await store.definition(run.definition);
  if (definition === null) throw new Error(`the definition of run ${run.id} is missing`);
  const bytes = new TextEncoder().encode(definition.text);
  const own = run.document === 0 ? { name: run.dag } : {};
  const { documents, diagnostics } = loadDag({
    ...{ file: run.file, bytes, unresolved: run.unresolved, ...own, ...storedBase(run, definition) },
    readFile: (path) => storedFile(definition, path),
  });
  if (documents.length === 0) throw new FlowError(EXIT.usage, diagnostics);
  return { documents, definition };
}

/** A line for each file that is not what it was: the stored definition counts (RELIABILITY.md R8, G12, G13). */
export function tellChanged(
  { err, paintErr, quiet }: Context,
  { file }: RunRecord,
  { text, base }: DefinitionRecord,
): void {
  if (quiet) return;
  for (const one of [{ file, text }, ...(base === null ? [] : [base])]) {
    const change = fileChange(one.file, one.text);
    if (change === null) continue;
    err.write(
      `${paintErr('warning', 'note:')} ${one.file} ${change}; the definition stored with the run is used\n`,
    );
  }
}

function fileChange(file: string, text: string): string | null {
  if (!existsSync(file)) return 'is gone';
  // The decoder drops a byte order mark, as the loader does.
  const now = statSync(file).isFile() ? new TextDecoder().decode(readFileSync(file)) : null;
  return now === text ? null : 'has changed since the run started';
}

function definitionOf(
  text: string,
  read: Readonly<Record<string, ReturnType<ReadFile>>>,
  under: ReadBase | null,
): DefinitionRecord {
  const files = Object.create(null) as Record<string, string>;
  for (const [path, file] of Object.entries(read)) {
    if ('bytes' in file) files[path] = new TextDecoder().decode(file.bytes);
  }
  const base = under && { file: under.path, text: new TextDecoder().decode(under.bytes) };
  // Without further files the hash is that of the text, so that people can compare it.
  const alone = base === null && Object.keys(files).length === 0;
  const whole = alone ? text : JSON.stringify(base === null ? [text, files] : [text, files, base]);
  return { hash: createHash('sha256').update(whole).digest('hex'), text, files, base, flowVersion };
}

export function storedFile({ files }: DefinitionRecord, path: string): ReturnType<ReadFile> {
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
