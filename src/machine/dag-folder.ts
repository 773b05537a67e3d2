import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Diagnostic } from '../errors/diagnostic.ts';
import { flowError } from '../errors/diagnostic.ts';
import { EXIT } from '../errors/exit-codes.ts';
import type { DagFile } from './dag-argument.ts';

const BY_OTHERS = 0o002;

/**
 * Whoever may write to the folder of a DAG decides what its steps run, and so with the file itself (RELIABILITY.md
 * J6). A warning, unless `strict_permissions` is set.
 * @throws FlowError (exit 2) when it is
 */
export function openToOthers({ path, shown }: DagFile, strict: boolean): Diagnostic[] {
  const open = [dirname(path), path].filter((one) => (modeOf(one) & BY_OTHERS) !== 0);
  if (open.length === 0) return [];
  const message = `${shown}: everybody may write to ${open.join(' and ')}`;
  const hint = `chmod o-w ${open.map((one) => `'${one}'`).join(' ')}`;
  if (strict) throw flowError(EXIT.usage, 'E011', `${message} (strict_permissions)`, hint);
  return [{ code: 'W102', severity: 'warning', message, hint }];
}

function modeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mode ?? 0;
}
