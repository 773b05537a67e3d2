import type { OutputValue } from '../core/dag.ts';
import type { Value } from '../base/value.ts';
import { valueToJson } from '../base/value.ts';
import { SUCCEEDED } from './action.ts';
import type { ActionEnd, ActionIo } from './action.ts';

/** Why an action failed, for people: R720 (LANGUAGE.md §19.1). */
export class ActionFailure extends Error {}

/** An output as it is published: text as string, the rest as json. */
export function outputOf(value: Value): OutputValue {
  return typeof value === 'string'
    ? { type: 'string', text: value }
    : { type: 'json', text: valueToJson(value) };
}

/** Prints a result as JSON and publishes its top-level keys. */
export function resultOf(io: ActionIo, result: Readonly<Record<string, Value>>): ActionEnd {
  const entries = Object.entries(result);
  io.out(`${valueToJson(new Map(entries), 2)}\n`);
  return { ...SUCCEEDED, outputs: Object.fromEntries(entries.map(([key, value]) => [key, outputOf(value)])) };
}

export function number(value: number): Value {
  return { number: String(value) };
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'a part of the path is not a directory',
  EISDIR: 'is a directory',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EEXIST: 'exists already',
  ENOTEMPTY: 'is not empty',
  ENOSPC: 'no space left on the device',
  EROFS: 'the file system is read-only',
  ELOOP: 'too many symbolic links',
  ENAMETOOLONG: 'the name is too long',
  EMFILE: 'too many open files',
};

/** A failure of the file system as one of the action; anything else is thrown on. */
export function fileFailure(path: string, error: unknown): ActionFailure {
  if (error instanceof ActionFailure) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : null;
  if (code === null) throw error;
  return new ActionFailure(`${JSON.stringify(path)}: ${REASONS[code] ?? 'failed'} (${code})`, {
    cause: error,
  });
}
