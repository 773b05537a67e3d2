import { flowError, type FlowError } from '../errors/diagnostic.ts';
import { EXIT } from '../errors/exit-codes.ts';

/** Bad usage: exit 2, E001 (LANGUAGE.md §23). */
export function usageError(message: string, hint?: string): FlowError {
  return flowError(EXIT.usage, 'E001', message, hint);
}

/** Something that a later version brings: exit 2, E901 (LANGUAGE.md §25). */
export function notYet(construct: string): FlowError {
  return flowError(EXIT.usage, 'E901', `${construct} is not supported yet`);
}

/** A whole number ≥ `least`, or bad usage. */
export function wholeNumber(name: string, text: string, least: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < least) {
    throw usageError(`${name} must be a whole number ≥ ${least}, got "${text}"`);
  }
  return value;
}
