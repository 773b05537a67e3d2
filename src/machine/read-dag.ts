import { createHash } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import type { Dag } from '../core/dag.ts';
import { withNumbers } from '../core/numbers.ts';
import type { DefinitionRecord, RunRecord, Snapshot } from '../core/records.ts';
import type { Diagnostic } from '../errors/diagnostic.ts';
import { FlowError } from '../errors/diagnostic.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { loadDag } from '../language/load.ts';
import type { ReadFile } from '../language/report.ts';
import { aroundOf } from './around.ts';
import { laidOn, readBaseFile, storedBase, type ReadBase } from './base-file.ts';
import { openToOthers } from './dag-folder.ts';
import { compiledKey } from './compiled-dag.ts';
import { unpackDag } from './dag-codec.ts';
import { subDagExists, type DagFile } from './dag-argument.ts';
import { loadFile } from './load-file.ts';
import { flowVersion } from './version.ts';
import type { ReadStore } from './read-store.ts';
import { readRegularFile } from './regular-file.ts';
import type { DagSetup } from './setup.ts';

/** A DAG that may run, with its exact source. */
export interface LoadedDag {
  readonly dag: Dag;
  /** All documents, that one first. */
  readonly documents: readonly Dag[];
  readonly definition: DefinitionRecord;
  readonly file: DagFile;
  readonly warnings: readonly Diagnostic[];
}

export interface ReadOptions {
  readonly name?: string | undefined;
  /** By default that of the configuration. */
  readonly unresolved?: 'strict' | 'keep';
  /** Of a child run: the base file as it is stored with its parent, null for none. */
  readonly under?: ReadBase | null;
}

/**
 * Reads and checks a DAG file that was found. `unresolved`: as the run has it that the DAG is for.
 * @throws FlowError (exit 2) with everything that is wrong.
 */
export async function readDagFile(
  setup: DagSetup,
  file: DagFile,
  { name, unresolved = setup.config.unresolved, under }: ReadOptions,
): Promise<LoadedDag> {
  const bytes = readRegularFile(file.path, 'E002', file.shown);
  const open = openToOthers(file, setup.config.strictPermissions);
  const base = under === undefined ? readBaseFile(setup) : under;
  const files = Object.create(null) as Record<string, ReturnType<ReadFile>>;
  const laid = laidOn(base, under !== undefined);
  const {
    dag,
    documents,
    diagnostics: found,
    source,
  } = await loadFile({
    ...{ file: file.shown, bytes, unresolved, around: aroundOf(setup), ...named(name), ...laid },
    readFile: (path) => (files[path] = readBeside(file.path, path)),
    dagExists: (target) => subDagExists(file.path, target, setup),
  });
  const diagnostics = [...found, ...open];
  if (dag === null) throw new FlowError(EXIT.usage, diagnostics);
  const definition = definitionOf(source.text, files, base);
  return { dag, documents, file, definition, warnings: diagnostics };
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
  store: Pick<ReadStore, 'definition' | 'compiled'>,
  run: RunRecord,
): Promise<{ documents: readonly Dag[]; definition: DefinitionRecord }> {
  const definition = await store.definition(run.definition);
  if (definition === null) throw new Error(`the definition of run ${run.id} is missing`);
  const key = compiledKey(run);
  const kept = key === null ? null : await store.compiled(run.definition, key);
  const dag = kept === null ? null : unpackDag(kept);
  if (dag !== null) return { documents: [dag], definition };
  const bytes = new TextEncoder().encode(definition.text);
  const own = run.document === 0 ? { name: run.dag } : {};
  const { documents, diagnostics } = loadDag({
    ...{ file: run.file, bytes, unresolved: run.unresolved, ...own, ...storedBase(run, definition) },
    readFile: (path) => storedFile(definition, path),
  });
  if (documents.length === 0) throw new FlowError(EXIT.usage, diagnostics);
  return { documents, definition };
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

function named(name: string | undefined): { name?: string } {
  return name === undefined ? {} : { name };
}
