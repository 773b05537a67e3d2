import type { DataPick } from '../../core/flow-action.ts';
import { pickValue } from '../../base/value.ts';
import { parsePath } from '../../core/reference/path.ts';
import { SUCCEEDED } from '../action.ts';
import type { ActionEnd, ActionIo } from '../action.ts';
import { ActionFailure, outputOf } from '../result.ts';
import { printed } from './convert.ts';
import { print, readData } from './formats.ts';

/** `data.pick` (LANGUAGE.md §19.1): one value, printed as JSON, `raw` as text, or in the format of `to`. */
export async function dataPick(action: DataPick, io: ActionIo): Promise<ActionEnd> {
  const path = parsePath(action.select);
  if (path === null) {
    throw new ActionFailure(`select must be a path as .items[0].name, got ${JSON.stringify(action.select)}`);
  }
  const value = pickValue(await readData(action, io), path);
  if (value === undefined) throw new ActionFailure(`no value at ${action.select}`);
  const to = action.to ?? (action.raw && typeof value === 'string' ? 'text' : 'json');
  const text = print(value, to, action);
  io.out(text);
  return { ...SUCCEEDED, outputs: { result: action.to === null ? outputOf(value) : printed(text, to) } };
}
