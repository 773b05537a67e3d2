import type { Json } from '../base/json.ts';
import { compileJsonSchema } from '../base/json-schema.ts';
import type { FormField, Step } from '../core/dag.ts';
import type { Diagnostic } from '../errors/diagnostic.ts';
import { didYouMean } from '../errors/suggest.ts';

/** What an answer to the question of a step may hold (LANGUAGE.md §18). */
export function fieldsOf({ action, approval }: Step): readonly FormField[] {
  if (action.kind === 'human.task') return action.form;
  return (approval?.input ?? []).map((name) => ({
    name,
    type: 'string',
    required: approval?.required.includes(name) === true,
    default: null,
    schema: { type: 'string' },
  }));
}

/**
 * The inputs of an answer: what was given, else the default, else empty. All that is wrong is found together (E723);
 * no message holds a value.
 */
export function checkInputs(
  fields: readonly FormField[],
  given: ReadonlyMap<string, string>,
): { inputs: Record<string, string>; problems: Diagnostic[] } {
  const inputs = Object.create(null) as Record<string, string>;
  const problems: Diagnostic[] = [];
  const wrong = (name: string, what: string, hint: string | null = null): void => {
    const message = `input \`${name}\` ${what}`;
    problems.push({ code: 'E723', severity: 'error', message, ...(hint === null ? {} : { hint }) });
  };
  for (const field of fields) {
    const value = given.get(field.name);
    for (const rule of value === undefined ? [] : brokenRules(field, value)) wrong(field.name, rule);
    if (value === undefined && field.default === null && field.required) wrong(field.name, 'is required');
    inputs[field.name] = value ?? field.default ?? '';
  }
  const names = fields.map(({ name }) => name);
  for (const name of given.keys()) {
    if (!names.includes(name)) wrong(name, 'is unknown', didYouMean(name, names) ?? known(names));
  }
  return { inputs, problems };
}

function known(names: readonly string[]): string {
  return names.length === 0 ? 'this question takes no inputs' : `it takes ${names.join(', ')}`;
}

/** Answers are text; the rules of the form are about what the text stands for. */
function brokenRules({ type, schema }: FormField, text: string): string[] {
  const value = typed(type, text);
  if (value === undefined) return [type === 'boolean' ? 'must be true or false' : `must be ${article(type)}`];
  const compiled = compileJsonSchema(schema);
  if ('error' in compiled) throw new Error(`the schema of a form: ${compiled.error}`);
  return compiled.violations(value).map(({ rule }) => rule);
}

function article(type: FormField['type']): string {
  return `${type === 'integer' ? 'an' : 'a'} ${type}`;
}

/** Undefined when the text is no value of the type. */
function typed(type: FormField['type'], text: string): Json | undefined {
  switch (type) {
    case 'string':
      return text;
    case 'boolean':
      return text === 'true' || text === 'false' ? text === 'true' : undefined;
    case 'integer':
      return /^[-+]?\d+$/.test(text) ? Number(text) : undefined;
    case 'number':
      return /^[-+]?(\d+(\.\d*)?|\.\d+)(e[-+]?\d+)?$/i.test(text) ? Number(text) : undefined;
  }
}
