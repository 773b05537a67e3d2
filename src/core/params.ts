import type { Json } from '../base/json.ts';
import type { BoundParam } from './dag.ts';

/** `$FLOW_PARAMS_JSON`: an object in order of declaration; typed params have their JSON type (LANGUAGE.md §9.2). */
export function paramsJson(params: readonly BoundParam[]): string {
  const fields = params.map((param) => `${JSON.stringify(param.name)}:${JSON.stringify(paramValue(param))}`);
  return `{${fields.join(',')}}`;
}

/** The value of a param in its declared type. */
export function paramValue(param: BoundParam): Json {
  switch (param.type) {
    case 'boolean':
      return param.value === 'true';
    case 'integer':
    case 'number':
      return Number(param.value);
    case 'json':
      return JSON.parse(param.value) as Json;
    case 'string':
      return param.value;
  }
}
