import type { FlowAction } from '../core/flow-action.ts';
import type { ActionEnd, ActionIo } from './action.ts';
import { resultOf } from './result.ts';

/** Publishes values as outputs of the step; the run takes them from there (LANGUAGE.md §11.5). */
export function outputsWrite(
  { values }: Extract<FlowAction, { kind: 'outputs.write' }>,
  io: ActionIo,
): ActionEnd {
  return resultOf(io, Object.fromEntries(values));
}
