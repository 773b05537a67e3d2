import type { OutputValue } from '../core/dag.ts';
import type { Clock } from '../base/clock.ts';

/**
 * How an action that runs inside flow (http.request, log.write, noop) meets the world. It writes what it
 * prints to `out` and `err`, which are the log files of its try.
 */
export interface ActionIo {
  /** Appends to standard output, byte for byte. */
  out(bytes: Uint8Array | string): void;
  err(bytes: Uint8Array | string): void;
  readonly clock: Clock;
  /** Aborted when the step is stopped or its time is over. */
  readonly signal: AbortSignal;
  /** The step's working directory; relative paths are relative to it. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly idempotencyKey: string;
  /** Of the configuration (LANGUAGE.md §20.3); null: none is set. */
  readonly timeZone: string | null;
  /** Requests to private addresses are refused (RELIABILITY.md I16). */
  readonly denyPrivate: boolean;
}

/** How a try ended. */
export interface ActionEnd {
  /** 0 is success. */
  readonly code: number;
  readonly signal: string | null;
  /** Why it failed, when there is more to say than the exit code: `R721`, "http status not 2xx: 503". */
  readonly error: { readonly code: string; readonly message: string } | null;
  /** What the action publishes by itself (LANGUAGE.md §19.1). */
  readonly outputs: Readonly<Record<string, OutputValue>>;
  /** The server asked to wait this long before a retry (§19.3). */
  readonly retryAfterMs: number | null;
}

export const SUCCEEDED: ActionEnd = { code: 0, signal: null, error: null, outputs: {}, retryAfterMs: null };

/** A failure of an action, exit code 1. */
export function failed(code: string, message: string, more: Partial<ActionEnd> = {}): ActionEnd {
  return { code: 1, signal: null, error: { code, message }, outputs: {}, retryAfterMs: null, ...more };
}
