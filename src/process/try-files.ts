import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { createPrivate, makePrivateDirectory } from './private-files.ts';
import type { ProcessEnd } from './processes.ts';

/**
 * The files of a try that two processes agree through (RELIABILITY.md §3.7, docs/decisions/0003). Creating and
 * writing them are two steps, so one counts only with its text and newline. The exit file holds an empty line from
 * the beginning of the try, and is written over at its end.
 */
export type Claim =
  | { readonly kind: 'none' }
  /** Created, not yet written: its maker is about to write, or died. No command has run. */
  | { readonly kind: 'undecided' }
  | { readonly kind: 'fenced' }
  /** By the wrapper; null when the text is not ours. */
  | { readonly kind: 'claimed'; readonly by: Claimant | null };

/** A wrapper. It leads the group that has its pid, and may run several tries, one after another. */
export interface Claimant {
  readonly pid: number;
  /** As `ProcessInfo.start`: the same pid with another is another process. */
  readonly start: string;
}

export const tryFile = {
  claim: (dir: string): string => `${dir}/claim`,
  exit: (dir: string): string => `${dir}/exit`,
  /** `entry` counts from 1. */
  entryExit: (dir: string, entry: number): string => `${dir}/exit.${entry}`,
  /** Made when a stop begins: no further entry of a list starts. */
  stop: (dir: string): string => `${dir}/stop`,
  outputs: (dir: string): string => `${dir}/outputs`,
} as const;

/** Files that hold resolved text, which may be a secret; they go when the try has ended. */
export function privateTexts(dir: string): string[] {
  return ['script', 'text'].map((name) => join(dir, name));
}

export function readClaim(dir: string): Claim {
  const text = readIfThere(tryFile.claim(dir));
  if (text === null) return { kind: 'none' };
  if (!text.endsWith('\n')) return { kind: 'undecided' };
  if (text === 'fenced\n') return { kind: 'fenced' };
  const [, pid, start] = /^pid ([1-9]\d{0,9}) (.+)\n$/.exec(text) ?? [];
  const ours = pid !== undefined && start !== undefined;
  return { kind: 'claimed', by: ours ? { pid: Number(pid), start } : null };
}

/** What `readClaim` reads, without its newline. */
export function claimText({ pid, start }: Claimant): string {
  return `pid ${pid} ${start}`;
}

/**
 * Claims the try for nobody: the wrapper that comes later ends with 75 and runs nothing. False when there is a
 * claim already. Makes the directory where its owner died before it did.
 */
export function fence(dir: string): boolean {
  makePrivateDirectory(dir);
  try {
    createPrivate(tryFile.claim(dir), 'fenced\n');
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** The exit code that the wrapper left, or null. */
export function readExit(dir: string): number | null {
  return readCode(tryFile.exit(dir));
}

/** How many leading entries of a `run` list have ended with 0. */
export function entriesDone(dir: string): number {
  let done = 0;
  while (readCode(tryFile.entryExit(dir, done + 1)) === 0) done += 1;
  return done;
}

/** An exit code as the end of a try; above 128 it may stand for a signal, which is then named. */
export function endOf(code: number): ProcessEnd {
  return { code, signal: code > 128 ? signalName(code - 128) : null };
}

/** `SIGTERM` for 15; null when there is no such signal. */
export function signalName(number: number): string | null {
  return Object.entries(constants.signals).find(([, n]) => n === number)?.[0] ?? null;
}

function readCode(path: string): number | null {
  const digits = /^(\d{1,3})\n$/.exec(readIfThere(path) ?? '')?.[1];
  return digits === undefined ? null : Number(digits);
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
