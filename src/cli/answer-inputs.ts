import { isValueMap, parseJsonValue, valueToText } from '../base/value.ts';
import type { Value } from '../base/value.ts';
import type { Diagnostic } from '../errors/diagnostic.ts';
import { usageError } from './usage.ts';

export interface InputFlags {
  /** `--input K=V`, in order; the later of two counts. */
  readonly input?: string[];
  readonly inputsJson?: string;
}

/**
 * What a person filled in, as text (LANGUAGE.md §1.3, §18.1); `--input` wins over `--inputs-json`, where null is as if
 * absent. A value that is no scalar is E723.
 * @throws FlowError (exit 2, E001) for flags that cannot be read
 */
export function givenInputs(flags: InputFlags): { given: Map<string, string>; problems: Diagnostic[] } {
  const given = new Map<string, string>();
  const problems: Diagnostic[] = [];
  for (const [name, value] of flags.inputsJson === undefined ? [] : parseInputs(flags.inputsJson)) {
    if (value === null) continue;
    if (typeof value !== 'object' || 'number' in value) given.set(name, valueToText(value));
    else {
      const message = `input \`${name}\` must be text, a number, true or false`;
      problems.push({ code: 'E723', severity: 'error', message });
    }
  }
  for (const word of flags.input ?? []) {
    const equals = word.indexOf('=');
    if (equals < 1) throw usageError(`--input must be NAME=VALUE, got "${word}"`);
    given.set(word.slice(0, equals), word.slice(equals + 1));
  }
  return { given, problems };
}

function parseInputs(text: string): Iterable<readonly [string, Value]> {
  let value: Value;
  try {
    value = parseJsonValue(text);
  } catch (error) {
    throw usageError(`--inputs-json is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!isValueMap(value)) throw usageError('--inputs-json must be a JSON object');
  return value;
}
