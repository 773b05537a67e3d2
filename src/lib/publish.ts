import { FlowError as InnerError, type Diagnostic as InnerDiagnostic } from '../errors/diagnostic.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { position } from '../errors/position.ts';
import { explained } from '../machine/explained.ts';
import { FlowError } from './error.ts';
import type { Diagnostic } from './types.ts';

/** A misuse that types would have shown, as a wrong option: for programs that are not checked. */
export class Misuse extends TypeError {}

/**
 * What a program gets to see of an error: everything but a misuse and the reason of its own signal is a `FlowError`.
 */
export function publicError(error: unknown, signal: AbortSignal | undefined): unknown {
  if (error instanceof Misuse || (signal?.aborted === true && error === signal.reason)) return error;
  const cause = explained(error);
  if (cause instanceof InnerError) {
    const { message, exitCode, diagnostics } = cause;
    return new FlowError(message, exitCode, diagnostics.map(publicDiagnostic));
  }
  const why = cause instanceof Error ? cause.message : String(cause);
  return new FlowError(`internal error: ${why}`, EXIT.fault, [], { cause });
}

/** A diagnostic with its place as numbers, frozen. */
export function publicDiagnostic({ code, severity, message, span, hint }: InnerDiagnostic): Diagnostic {
  const { line, column } = span === undefined ? { line: null, column: null } : position(span);
  const file = span?.source.file ?? null;
  return Object.freeze({ code, severity, message, file, line, column, hint: hint ?? null });
}
