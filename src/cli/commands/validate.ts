import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { FlowError, flowError, type Diagnostic } from '../../errors/diagnostic.ts';
import { EXIT, type ExitCode } from '../../errors/exit-codes.ts';
import { diagnosticsToJson, renderDiagnostics } from '../../errors/render.ts';
import { loadDag } from '../../language/load.ts';
import type { Context } from '../context.ts';
import { dagFiles, findDag, subDagExists, type DagFile } from '../dag-argument.ts';
import { shownPath } from '../paths.ts';
import { readBeside } from '../read-dag.ts';
import { notYet } from '../usage.ts';
import { readRegularFile } from '../yaml-map.ts';

export interface ValidateFlags {
  readonly base?: string;
  readonly json?: boolean;
  readonly showUnresolved?: boolean;
}

/** `flow validate FILE|DIR...`: every problem of every file; a clean file prints nothing (LANGUAGE.md §2.5). */
export function validate(context: Context, paths: readonly string[], flags: ValidateFlags): ExitCode {
  if (flags.base !== undefined) throw notYet('--base');
  if (flags.showUnresolved === true) throw notYet('--show-unresolved');
  const found = paths.flatMap((path) => problemsBelow(context, path));
  if (flags.json === true) {
    context.out.write(`${JSON.stringify(diagnosticsToJson(found), null, 2)}\n`);
  } else if (found.length > 0) {
    context.err.write(renderDiagnostics(found, { color: context.paintErr }));
  }
  const { strict } = context.config;
  return found.some(({ severity }) => strict || severity === 'error') ? EXIT.usage : EXIT.ok;
}

/** A directory stands for the DAG files directly in it. */
function problemsBelow(context: Context, argument: string): readonly Diagnostic[] {
  const path = resolve(context.cwd, argument);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) {
    return problemsOf(context, () => findDag(argument, context));
  }
  const files = dagFiles(path);
  if (files.length === 0) {
    const message = `no *.yaml or *.yml file in ${argument}`;
    return flowError(EXIT.usage, 'E002', message).diagnostics;
  }
  return files.flatMap((file) =>
    problemsOf(context, () => ({ path: file, shown: shownPath(file, context.cwd) })),
  );
}

/** One file that cannot be read does not hide the problems of the others. */
function problemsOf(context: Context, find: () => DagFile): readonly Diagnostic[] {
  try {
    const { path, shown } = find();
    const bytes = readRegularFile(path, 'E002', shown);
    return loadDag({
      ...{ file: shown, bytes, unresolved: context.config.unresolved },
      readFile: (named) => readBeside(path, named),
      dagExists: (target) => subDagExists(path, target, context),
    }).diagnostics;
  } catch (error) {
    if (error instanceof FlowError) return error.diagnostics;
    throw error;
  }
}
