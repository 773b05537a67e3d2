import type { Diagnostic, ExitCode } from './types.ts';

/**
 * Why a call could do nothing, or not to the end. `exitCode` says which kind it is: 2 a file, a parameter or an id is
 * wrong and nothing ran; 5 a living process holds the run; 70 a fault of flow or of the disk: what was recorded is safe,
 * and the run can be resumed.
 * @example catch (error) { if (error instanceof FlowError && error.exitCode === 5) return later(); throw error; }
 */
export class FlowError extends Error {
  /** As people see it: a bundler may call the class otherwise. */
  static override readonly name: string = 'FlowError';
  readonly exitCode: ExitCode;
  /** Everything that is wrong, in the order of the file; empty for a fault that has no code. */
  readonly diagnostics: readonly Diagnostic[];

  constructor(
    message: string,
    exitCode: ExitCode,
    diagnostics: readonly Diagnostic[],
    options?: { readonly cause?: unknown },
  ) {
    super(message, options);
    this.name = 'FlowError';
    this.exitCode = exitCode;
    this.diagnostics = diagnostics;
  }
}
