import { usageError } from './usage.ts';

/** `K=V` or `K` of `--label`; a bare label has the value "" (CLI.md §8). @throws FlowError (exit 2) */
export function parseLabel(text: string): [key: string, value: string] {
  const [, key = '', value = ''] = /^([^=]*)=?([^]*)$/.exec(text) ?? [];
  if (!/^[A-Za-z0-9_.-]+$/.test(key)) {
    throw usageError(`--label must be K or K=V, got "${text}"`);
  }
  return [key, value];
}
