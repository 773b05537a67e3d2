import { Validator } from '@cfworker/json-schema';
import type { Schema } from '@cfworker/json-schema';
import type { Json } from './json.ts';

/** A compiled JSON Schema. */
export interface JsonSchema {
  /** The first violation, for people, or null when the value is valid. Never holds the value itself. */
  violation(value: Json): string | null;
}

/**
 * Compiles a JSON Schema of draft 2020-12 with local `$ref` only (LANGUAGE.md §4.3, `output_schema`). It is
 * interpreted, never turned into code. `error` says why the schema is not valid.
 */
export function compileJsonSchema(schema: Json): JsonSchema | { error: string } {
  if (
    typeof schema !== 'boolean' &&
    (typeof schema !== 'object' || schema === null || Array.isArray(schema))
  ) {
    return { error: 'a schema is a map or a boolean' };
  }
  try {
    const validator = new Validator(schema as Schema | boolean, '2020-12', true);
    // An unresolved reference shows only when something is validated.
    validator.validate(null);
    return {
      violation(value) {
        const { valid, errors } = validator.validate(value);
        if (valid) return null;
        const last = errors.at(-1);
        return last === undefined ? 'not valid' : `${last.instanceLocation}: ${last.keyword}`;
      },
    };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
