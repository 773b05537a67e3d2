/**
 * How long the starts of a DAG are put off, the same every time: from 0 to `jitterSec`, in milliseconds, derived from
 * its name (LANGUAGE.md §20.5). FNV-1a, 32 bits, spreads names that differ by a digit.
 */
export function jitterMs(dag: string, jitterSec: number): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(dag)) hash = Math.imul(hash ^ byte, 0x01000193);
  // Close names differ in the low bits only; mix them upwards.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b) >>> 0;
  return Math.floor((hash / 2 ** 32) * (jitterSec * 1_000 + 1));
}
