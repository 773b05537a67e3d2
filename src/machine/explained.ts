import { flowError } from '../errors/diagnostic.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { Fenced, RunExists } from '../store/store.ts';

/** What a person reads when another process owns the run, or has its id. */
export function explained(error: unknown): unknown {
  if (error instanceof Fenced) {
    return flowError(EXIT.busy, 'E006', `${error.message}; this process writes nothing more`);
  }
  if (error instanceof RunExists) return flowError(EXIT.usage, 'E005', error.message);
  return error;
}
