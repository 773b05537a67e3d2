import type { Json } from '../base/json.ts';
import type { BoundParam, OutputValue } from '../core/dag.ts';
import { paramValue } from '../core/params.ts';

/** Outputs as JSON values: text stays text, json outputs are what they hold. */
export function shownOutputs(outputs: Readonly<Record<string, OutputValue>>): { [key: string]: Json } {
  const shown = Object.create(null) as { [key: string]: Json };
  for (const [name, value] of Object.entries(outputs)) {
    shown[name] = value.type === 'json' ? (JSON.parse(value.text) as Json) : value.text;
  }
  return shown;
}

/** Params by name, in order of declaration, in their declared types. */
export function shownParams(params: readonly BoundParam[]): { [key: string]: Json } {
  const shown = Object.create(null) as { [key: string]: Json };
  for (const param of params) shown[param.name] = paramValue(param);
  return shown;
}
