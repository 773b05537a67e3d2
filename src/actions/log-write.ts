import { SUCCEEDED } from './action.ts';
import type { ActionEnd, ActionIo } from './action.ts';

/** `log.write` (LANGUAGE.md §19.1): the message and a line break on standard output. */
export function logWrite(message: string, io: Pick<ActionIo, 'out'>): ActionEnd {
  io.out(`${message}\n`);
  return SUCCEEDED;
}
