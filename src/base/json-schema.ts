import { Validator } from '@cfworker/json-schema';
import type { Schema } from '@cfworker/json-schema';
import { atPointer, pointerKeys, schemaProblem } from './json-schema-check.ts';
import type { Json } from './json.ts';

/** A compiled JSON Schema. */
export interface JsonSchema {
  /** The first violation, for people: the place and the rule, never the value itself. Null when the value is valid. */
  violation(value: Json): string | null;
}

/**
 * Compiles a JSON Schema of draft 2020-12 with local `$ref` only (LANGUAGE.md §4.3, `output_schema`). It is
 * interpreted, never turned into code. `error` says why the schema is not valid.
 */
export function compileJsonSchema(schema: Json): JsonSchema | { error: string } {
  const problem = schemaProblem(schema);
  if (problem !== null) return { error: problem };
  try {
    const validator = new Validator(schema as Schema | boolean, '2020-12', true);
    return {
      violation(value) {
        const { valid, errors } = validator.validate(value);
        if (valid) return null;
        // The innermost one comes last.
        const last = errors.at(-1);
        if (last === undefined) return 'is not valid';
        const [where, what] = [
          placeOf(last.instanceLocation),
          ruleOf(schema, last.keyword, last.keywordLocation),
        ];
        return where === '' ? what : `${where}: ${what}`;
      },
    };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

/** `#/items/0/any key` → `.items[0]["any key"]`. */
function placeOf(pointer: string): string {
  return pointerKeys(pointer)
    .map((key) => {
      if (/^\d+$/.test(key)) return `[${key}]`;
      return /^[A-Za-z_][\w-]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
    })
    .join('');
}

/** The keyword with what the schema says there, if that is short. */
function ruleOf(schema: Json, keyword: string, location: string): string {
  if (keyword === 'false') return 'is not allowed';
  const rule = atPointer(schema, pointerKeys(location));
  const text = rule === undefined ? '' : JSON.stringify(rule);
  return `violates ${keyword}${text === '' || text.length > 60 ? '' : ` ${text}`}`;
}
