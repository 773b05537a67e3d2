import type { ExitCode } from './exit-codes.ts';

/** A text that was read, with the name it is shown under. */
export interface Source {
  /** As people should see it: the path they gave, else the absolute one. */
  readonly file: string;
  readonly text: string;
}

/** A place in a source, as offsets into its text (UTF-16 units); line and column are computed when drawn. */
export interface Span {
  readonly source: Source;
  readonly start: number;
  readonly end: number;
}

/** One problem as data (LANGUAGE.md §1.4, §2.5). Text is made of it only in `errors/render.ts`. */
export interface Diagnostic {
  /** Stable: `E212`, `W401`, `R306`. */
  readonly code: string;
  readonly severity: 'error' | 'warning';
  /** Lower case, no full stop; begins with the field's path where there is one: `steps[2].depends: …`. */
  readonly message: string;
  /** Path of the field (`steps[2].depends`), null when the problem is not in a field. */
  readonly path?: string | null;
  readonly span?: Span;
  /** Other places that explain it ("first defined here"). */
  readonly related?: readonly { readonly message: string; readonly span: Span }[];
  /** One line that starts with a verb, or `did you mean "x"?`. */
  readonly hint?: string;
}

/** Something a person can put right: printed as diagnostics, never with a stack trace. */
export class FlowError extends Error {
  readonly diagnostics: readonly Diagnostic[];
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map((d) => d.message).join('; '));
    this.name = 'FlowError';
    this.exitCode = exitCode;
    this.diagnostics = diagnostics;
  }
}

/** A `FlowError` with a single diagnostic that has no place in a file. */
export function flowError(exitCode: ExitCode, code: string, message: string, hint?: string): FlowError {
  return new FlowError(exitCode, [
    { code, severity: 'error', message, ...(hint === undefined ? {} : { hint }) },
  ]);
}
