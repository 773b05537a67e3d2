import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { visible } from '../../errors/columns.ts';
import { FlowError, flowError, type Diagnostic } from '../../errors/diagnostic.ts';
import { EXIT, type ExitCode } from '../../errors/exit-codes.ts';
import { position } from '../../errors/position.ts';
import { diagnosticsToJson, renderDiagnostics } from '../../errors/render.ts';
import type { LoadResult } from '../../language/load.ts';
import { aroundOf } from '../../machine/around.ts';
import type { Context } from '../context.ts';
import { dagFiles, findDag, subDagExists, type DagFile } from '../../machine/dag-argument.ts';
import { loadFile } from '../../machine/load-file.ts';
import { shownPath } from '../../machine/shown-path.ts';
import { laidOn, readBaseFile } from '../../machine/base-file.ts';
import { readBeside } from '../../machine/read-dag.ts';
import { readRegularFile } from '../../machine/regular-file.ts';

export interface ValidateFlags {
  readonly json?: boolean;
  readonly showUnresolved?: boolean;
}

type Found = Pick<LoadResult, 'diagnostics' | 'deferred'>;

/** `flow validate FILE|DIR...`: every problem of every file; a clean file prints nothing (LANGUAGE.md §2.5). */
export async function validate(
  context: Context,
  paths: readonly string[],
  flags: ValidateFlags,
): Promise<ExitCode> {
  const base = readBaseFile(context);
  const files: Found[] = [];
  for (const path of paths) files.push(...(await foundBelow(context, base, path, flags)));
  const diagnostics = once(files.flatMap((file) => file.diagnostics));
  const deferred = files.flatMap((file) => file.deferred);
  if (flags.json === true) {
    const list = diagnosticsToJson(diagnostics);
    const json = flags.showUnresolved === true ? { diagnostics: list, unresolved: toJson(deferred) } : list;
    context.out.write(`${JSON.stringify(json, null, 2)}\n`);
  } else {
    if (deferred.length > 0) context.out.write(toText(deferred, context));
    if (diagnostics.length > 0) {
      context.err.write(renderDiagnostics(diagnostics, { color: context.paintErr }));
    }
  }
  const { strict } = context.config;
  return diagnostics.some(({ severity }) => strict || severity === 'error') ? EXIT.usage : EXIT.ok;
}

/** One line for each: `deploy.yaml:12:14: ${env.HOME} in steps[2].env[0]`. */
function toText(deferred: Found['deferred'], { paintOut }: Context): string {
  return toJson(deferred)
    .map(({ file, line, column, reference, path }) => {
      const at = paintOut('place', visible(`${file}:${line}:${column}`));
      return `${at}: ${visible(reference)} in ${visible(path)}\n`;
    })
    .join('');
}

function toJson(deferred: Found['deferred']) {
  return deferred.map(({ raw, path, span }) => ({
    file: span.source.file,
    ...position(span),
    path,
    reference: raw,
  }));
}

type Base = ReturnType<typeof readBaseFile>;

/** What is wrong with the base file is found again with every DAG. */
function once(found: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Set<string>();
  return found.filter(({ code, message, span }) => {
    const key = JSON.stringify([code, message, span?.source.file, span?.start]);
    return !seen.has(key) && seen.add(key);
  });
}

/** A directory stands for the DAG files directly in it. */
async function foundBelow(
  context: Context,
  base: Base,
  argument: string,
  flags: ValidateFlags,
): Promise<Found[]> {
  const path = resolve(context.cwd, argument);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) {
    return [await foundIn(context, base, () => findDag(argument, context), flags)];
  }
  // The base file may lie beside the DAGs; it is none.
  const files = dagFiles(path).filter((file) => file !== base?.path);
  if (files.length === 0) {
    const message = `no *.yaml or *.yml file in ${argument}`;
    return [problems(flowError(EXIT.usage, 'E002', message).diagnostics)];
  }
  const found: Found[] = [];
  for (const file of files) {
    const shown = shownPath(file, context.cwd);
    found.push(await foundIn(context, base, () => ({ path: file, shown }), flags));
  }
  return found;
}

/** One file that cannot be read does not hide the problems of the others. */
async function foundIn(
  context: Context,
  base: Base,
  find: () => DagFile,
  flags: ValidateFlags,
): Promise<Found> {
  try {
    const { path, shown } = find();
    const bytes = readRegularFile(path, 'E002', shown);
    return await loadFile({
      ...{ file: shown, bytes, unresolved: context.config.unresolved, around: aroundOf(context) },
      ...laidOn(base),
      dagExists: (target) => subDagExists(path, target, context),
      listDeferred: flags.showUnresolved === true,
      readFile: (named) => readBeside(path, named),
    });
  } catch (error) {
    if (error instanceof FlowError) return problems(error.diagnostics);
    throw error;
  }
}

function problems(diagnostics: readonly Diagnostic[]): Found {
  return { diagnostics, deferred: [] };
}
