import { SUCCEEDED } from './action.ts';
import type { ActionEnd } from './action.ts';

/** `noop` (LANGUAGE.md §19.1): nothing happens, and that never fails. */
export function noop(): ActionEnd {
  return SUCCEEDED;
}
