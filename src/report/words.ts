import { formatDuration } from '../base/duration.ts';
import type { ShownRunStatus, StepStatus } from '../core/states.ts';
import type { Paint, Style } from '../term/color.ts';

/** A state of a run or of a step, as people see it. */
export type AnyState = ShownRunStatus | StepStatus;

const LOOKS: Readonly<Record<AnyState, readonly [mark: string, style: Style]>> = {
  queued: ['·', 'dim'],
  pending: ['·', 'dim'],
  running: ['▸', 'running'],
  retrying: ['↻', 'warning'],
  waiting: ['…', 'waiting'],
  aborting: ['■', 'aborted'],
  succeeded: ['✓', 'success'],
  partially_succeeded: ['!', 'warning'],
  failed: ['✗', 'error'],
  skipped: ['–', 'skipped'],
  aborted: ['■', 'aborted'],
  rejected: ['✗', 'error'],
  interrupted: ['!', 'warning'],
};

/** The one-character mark of a state; the word always stands beside it or in the same table. */
export function stateMark(state: AnyState, paint: Paint): string {
  const [mark, style] = LOOKS[state];
  return paint(style, mark);
}

/** `✓ succeeded`, `! partially succeeded`. */
export function stateWords(state: AnyState, paint: Paint): string {
  const [mark, style] = LOOKS[state];
  return paint(style, `${mark} ${state.replace('_', ' ')}`);
}

const REASONS: Readonly<Record<string, string>> = {
  on_failure: 'another step failed (--on-failure)',
  sigint: 'stopped with Ctrl-C',
  sigterm: 'stopped by SIGTERM',
  sighup: 'stopped by SIGHUP',
  R307: 'a secret cannot be read',
  R401: 'a reference has no value',
  R402: 'a param has no value',
  R403: 'a variable has no value',
  R601: 'a precondition cannot be evaluated',
  R602: 'timed out',
  R603: 'run timed out',
  R605: 'a handler failed',
  R801: 'its result is unknown',
};

/** A reason of CLI.md §8 for people; error codes that have no words of their own stay codes. */
export function reasonWords(reason: string): string {
  return Object.hasOwn(REASONS, reason) ? (REASONS[reason] ?? reason) : reason.replaceAll('_', ' ');
}

/** How a try or step ended, as far as it is known. */
export interface Ending {
  readonly reason: string | null;
  readonly message: string | null;
  readonly exitCode: number | null;
  readonly signal: string | null;
}

/**
 * Why a step ended as it did, in a few words: `timed out after 5m00s`, `killed by SIGKILL (out of memory?)`,
 * `exit code 3`, `upstream failed: build`; null when there is nothing to say. `timeoutSec` is the limit of a try.
 */
export function endingWords(end: Ending, timeoutSec = 0): string | null {
  if (end.reason === 'R602' || end.reason === 'timed_out') {
    return timeoutSec > 0 ? `timed out after ${formatDuration(timeoutSec * 1_000)}` : 'timed out';
  }
  if (end.reason === 'rejected' && end.message !== null) return `rejected: ${end.message}`;
  if (end.reason !== null && end.message !== null) return end.message;
  if (end.reason !== null) return reasonWords(end.reason);
  if (end.signal !== null)
    return `killed by ${end.signal}${end.signal === 'SIGKILL' ? ' (out of memory?)' : ''}`;
  if (end.exitCode !== null && end.exitCode !== 0) return `exit code ${end.exitCode}`;
  return end.message;
}

/** One word of a command line, as a shell takes it; `…` stands for something and needs no quotes. */
export function shellWord(text: string): string {
  return /^[\w./:@%+,=…-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** `1 step`, `3 steps`. */
export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}
