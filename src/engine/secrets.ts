import { dirname, resolve } from 'node:path';
import type { SecretDeclaration } from '../core/dag.ts';
import { isMaskable } from '../core/mask-forms.ts';
import { maskerOf } from '../core/mask.ts';
import type { Masker } from '../core/mask.ts';
import { expandHome } from './expand-home.ts';
import type { Finding } from './resolver.ts';
import type { EngineDeps } from './types.ts';

/** The secrets of an attempt; they live in memory and in the environment of processes, nowhere else. */
export interface Secrets {
  readonly values: ReadonlyMap<string, string>;
  /** Null when there is nothing to mask. */
  readonly masker: Masker | null;
}

export const NO_SECRETS: Secrets = { values: new Map(), masker: null };

const COMMAND_MS = 30_000;
/** A variable that is larger cannot be handed to a process. */
const MOST_BYTES = 131_000;

/** Where the values of secrets come from. */
export interface SecretSources {
  readonly deps: Pick<EngineDeps, 'environment' | 'files' | 'commands'>;
  /** Path of the DAG file. */
  readonly file: string;
}

/**
 * Reads all secrets of a DAG, one after the other (LANGUAGE.md §10). `failure` is R307 and ends the run before its
 * first step; warnings are W303. Neither ever holds a value.
 */
export async function resolveSecrets(
  declared: readonly SecretDeclaration[],
  sources: SecretSources,
): Promise<{ secrets: Secrets; failure: Finding | null; warnings: Finding[] }> {
  const values = new Map<string, string>();
  const warnings: Finding[] = [];
  for (const secret of declared) {
    const read = await readSecret(secret, sources);
    const reason = 'error' in read ? read.error : problemOf(read.value);
    if (reason !== null || 'error' in read) {
      const message = `secret \`${secret.name}\`, provider ${secret.provider}: ${reason ?? ''}`;
      return { secrets: NO_SECRETS, failure: { code: 'R307', message }, warnings };
    }
    values.set(secret.name, read.value);
    if (!isMaskable(read.value)) {
      const message = `secret \`${secret.name}\` has fewer than 4 characters and is not masked`;
      warnings.push({ code: 'W303', message });
    }
  }
  return { secrets: { values, masker: maskerOf(values.values()) }, failure: null, warnings };
}

type Read = { readonly value: string } | { readonly error: string };

function problemOf(value: string): string | null {
  if (value.includes('\0')) return 'its value contains a NUL byte';
  return Buffer.byteLength(value) > MOST_BYTES ? `its value is larger than ${MOST_BYTES} bytes` : null;
}

async function readSecret({ provider, key }: SecretDeclaration, sources: SecretSources): Promise<Read> {
  switch (provider) {
    case 'env': {
      const value = sources.deps.environment[key];
      return value === undefined ? { error: `variable ${key} is not set` } : { value };
    }
    case 'file':
      return readFile(key, sources);
    case 'command':
      return readCommand(key, sources);
  }
}

function readFile(key: string, { deps, file }: SecretSources): Read {
  const path = resolve(dirname(file), expandHome(key, new Map(Object.entries(deps.environment))));
  try {
    const bytes = deps.files.read(path, MOST_BYTES + 2);
    if (bytes === null) return { error: `there is no file ${path}` };
    return { value: new TextDecoder('utf-8', { fatal: true }).decode(bytes).replace(/\r?\n$/, '') };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return { error: `${path} is not UTF-8` };
    return { error: `cannot read ${path}${code === undefined ? ', it is no regular file' : ` (${code})`}` };
  }
}

async function readCommand(key: string, { deps, file }: SecretSources): Promise<Read> {
  const result = await deps.commands.run({
    argv: ['/bin/sh', '-c', key],
    cwd: dirname(file),
    env: deps.environment,
    timeoutMs: COMMAND_MS,
    maxBytes: MOST_BYTES + 2,
  });
  if (result.timedOut) return { error: `the command took longer than ${COMMAND_MS / 1000} s` };
  if (result.code !== 0) return { error: `the command failed with exit code ${result.code}` };
  return { value: result.stdout.trim() };
}
