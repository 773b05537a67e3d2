import { existsSync, readFileSync, statSync } from 'node:fs';
import type { DefinitionRecord, RunRecord } from '../core/records.ts';
import { FlowError, type Diagnostic } from '../errors/diagnostic.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { renderDiagnostics } from '../errors/render.ts';
import { findDag } from '../machine/dag-argument.ts';
import { readDagFile, type LoadedDag, type ReadOptions } from '../machine/read-dag.ts';
import type { Context } from './context.ts';

/**
 * Reads and checks the file of a DAG argument. `warnings: true` shows them on standard error and, under `--strict`,
 * counts them as errors.
 * @throws FlowError (exit 2) with everything that is wrong.
 */
export async function readDag(
  context: Context,
  argument: string,
  { warnings: show = false, ...options }: ReadOptions & { readonly warnings?: boolean },
): Promise<LoadedDag> {
  const loaded = await readDagFile(context, findDag(argument, context), options);
  const { warnings } = loaded;
  if (show && context.config.strict && warnings.length > 0) throw new FlowError(EXIT.usage, warnings);
  if (show) warn(context, warnings);
  return loaded;
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

function warn({ err, paintErr, quiet }: Context, diagnostics: readonly Diagnostic[]): void {
  if (diagnostics.length === 0 || quiet) return;
  err.write(renderDiagnostics(diagnostics, { color: paintErr }));
}
