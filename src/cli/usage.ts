import { flowError, type FlowError } from '../errors/diagnostic.ts';
import { EXIT } from '../errors/exit-codes.ts';

/** Bad usage: exit 2, E001 (LANGUAGE.md §23). */
export function usageError(message: string, hint?: string): FlowError {
  return flowError(EXIT.usage, 'E001', message, hint);
}

/** A whole number ≥ `least`, or bad usage. */
export function wholeNumber(name: string, text: string, least: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < least) {
    throw usageError(`${name} must be a whole number ≥ ${least}, got "${text}"`);
  }
  return value;
}
