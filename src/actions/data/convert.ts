import type { DataConvert, DataFormat } from '../../core/flow-action.ts';
import type { OutputValue } from '../../core/dag.ts';
import { SUCCEEDED } from '../action.ts';
import type { ActionEnd, ActionIo } from '../action.ts';
import { print, readData } from './formats.ts';

/** `data.convert` (LANGUAGE.md §19.1): the data in another format, as text and as `result`. */
export async function dataConvert(action: DataConvert, io: ActionIo): Promise<ActionEnd> {
  const text = print(await readData(action, io), action.to, action);
  io.out(text);
  return { ...SUCCEEDED, outputs: { result: printed(text, action.to) } };
}

/** Printed data as an output: json can be read by path; the line break at its end is not part of it. */
export function printed(text: string, format: DataFormat): OutputValue {
  return { type: format === 'json' ? 'json' : 'string', text: text.replace(/\n$/, '') };
}
