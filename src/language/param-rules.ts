import { compileRegexp } from '../base/regexp.ts';
import type { ParamDeclaration } from '../core/dag.ts';
import { unfitText } from './names.ts';

/** The first rule of a declaration that a value breaks, as words for a message; null if it is fine (§9.2). */
export function brokenRule(param: ParamDeclaration, value: string): string | null {
  const unfit = unfitText(value);
  if (unfit !== null) return unfit;
  return brokenType(param, value) ?? brokenText(param, value);
}

function brokenType(param: ParamDeclaration, value: string): string | null {
  if (param.type === 'boolean') return value === 'true' || value === 'false' ? null : 'must be true or false';
  if (param.type === 'string') return null;
  const integer = param.type === 'integer';
  const pattern = integer ? /^[-+]?\d+$/ : /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/;
  const number = Number(value);
  if (!pattern.test(value) || !Number.isFinite(number))
    return integer ? 'must be an integer' : 'must be a number';
  if (param.minimum !== null && number < param.minimum) return `must be at least ${param.minimum}`;
  if (param.maximum !== null && number > param.maximum) return `must be at most ${param.maximum}`;
  return null;
}

function brokenText(param: ParamDeclaration, value: string): string | null {
  const length = [...value].length;
  if (param.minLength !== null && length < param.minLength)
    return `must have at least ${param.minLength} characters`;
  if (param.maxLength !== null && length > param.maxLength)
    return `must have at most ${param.maxLength} characters`;
  if (param.enum?.includes(value) === false) return `must be one of ${param.enum.join(', ')}`;
  if (param.pattern !== null) {
    const compiled = compileRegexp(param.pattern);
    if (!('error' in compiled) && !compiled.test(value)) return `must match ${param.pattern}`;
  }
  return null;
}
