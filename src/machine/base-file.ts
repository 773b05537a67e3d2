import { existsSync } from 'node:fs';
import type { DefinitionRecord, RunRecord } from '../core/records.ts';
import { flowError } from '../errors/diagnostic.ts';
import { EXIT } from '../errors/exit-codes.ts';
import type { BaseFile } from '../language/base.ts';
import type { DagSetup } from './setup.ts';
import { shownPath } from './shown-path.ts';
import { readRegularFile } from './regular-file.ts';

/** The base file of the settings (LANGUAGE.md §21.5), as it is now. */
export interface ReadBase {
  /** Absolute. */
  readonly path: string;
  readonly shown: string;
  readonly bytes: Uint8Array;
}

/** Null when none is named. @throws FlowError (exit 2) when it cannot be read. */
export function readBaseFile({ config, cwd }: Pick<DagSetup, 'config' | 'cwd'>): ReadBase | null {
  const path = config.baseConfig;
  if (path === null) return null;
  const shown = shownPath(path, cwd);
  if (!existsSync(path)) {
    const hint = 'it is named by --base, FLOW_BASE_CONFIG or base_config';
    throw flowError(EXIT.usage, 'E002', `base file "${shown}" not found`, hint);
  }
  return { path, shown, bytes: readRegularFile(path, 'E002', shown) };
}

/** For the loader; a child run gets it without its handlers. */
export function laidOn(base: ReadBase | null, withoutHandlers = false): { base?: BaseFile } {
  return base === null ? {} : { base: { file: base.shown, bytes: base.bytes, withoutHandlers } };
}

/** The base file of a definition, as if it were read now. */
export function baseOf({ base }: DefinitionRecord): ReadBase | null {
  if (base === null) return null;
  return { path: base.file, shown: base.file, bytes: new TextEncoder().encode(base.text) };
}

/** The base file as it is stored with a run; a child run has it without its handlers. */
export function storedBase(
  { parent }: Pick<RunRecord, 'parent'>,
  { base }: DefinitionRecord,
): { base?: BaseFile } {
  if (base === null) return {};
  const bytes = new TextEncoder().encode(base.text);
  return { base: { file: base.file, bytes, withoutHandlers: parent !== null } };
}
