import { ACTIONS } from './action-fields.ts';
import { NAME } from './names.ts';
import { PARAM } from './param-declarations.ts';
import { HANDLERS, ROOT } from './root-fields.ts';
import { ENTRY, SCHEDULE } from './schedule-fields.ts';
import { jsonSchemaOf, TEXT } from './schema.ts';
import type { JsonSchema, ObjectSchema } from './schema.ts';
import { FORM, FORM_FIELD } from './form-fields.ts';
import { NOT_IN_BODY, NOT_IN_HANDLER, NOT_ON_FOREACH } from './refused-fields.ts';
import { APPROVAL, CONTINUE_ON, DEFAULTS, FOREACH, OUTPUT, PARALLEL, RUN_WITH } from './step-fields.ts';
import { SECRET, STEP } from './step-fields.ts';
import { OUTPUT_FILE, OUTPUT_SOURCE, STDOUT_FILE, STDOUT_OUTPUTS } from './step-fields.ts';
import { refusedKeys } from './unsupported.ts';

type Properties = Record<string, JsonSchema>;

/**
 * The JSON Schema (draft-07) of one document of a DAG file, for editors: the tables that check the file, put
 * together as the language nests them. What is not supported yet is not in it.
 */
export function languageSchema(): JsonSchema {
  const actions = [...ACTIONS.keys()];
  const step = stepTable(actions, []);
  const inside = actions.filter((name) => name !== 'human.task');
  const document = table(ROOT, refusedKeys('root'), {
    steps: stepList('step'),
    params: params(),
    schedule: schedule(),
    secrets: { type: 'array', items: { ...table(SECRET), required: ['name', 'provider', 'key'] } },
    handler_on: handlers(),
    defaults: table(DEFAULTS, refusedKeys('defaults'), { continue_on: continueOn() }),
  });
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'a DAG of flow',
    ...document,
    required: ['steps'],
    definitions: {
      step,
      body: stepTable(inside, NOT_IN_BODY),
      handler: stepTable(inside, NOT_IN_HANDLER),
    },
  };
}

function stepTable(actions: readonly string[], refused: readonly string[]): JsonSchema {
  const later = [...refusedKeys('step'), ...refused];
  return { ...table(STEP, later, stepFields(actions)), ...argumentsByAction(actions) };
}

/** Steps, text as an older spelling, and groups of both (§4.1). */
function stepList(kind: 'step' | 'body'): JsonSchema {
  const step = [ref(kind), { type: 'string' }];
  const group = { type: 'array', minItems: 1, items: { anyOf: step } };
  return { type: 'array', minItems: 1, items: { anyOf: [...step, group] } };
}

function handlers(): JsonSchema {
  const events = Object.keys(propertiesOf(jsonSchemaOf(HANDLERS)));
  return table(HANDLERS, [], Object.fromEntries(events.map((event) => [event, { anyOf: [ref('handler')] }])));
}

function stepFields(actions: readonly string[]): Properties {
  return {
    action: { enum: [...actions] },
    foreach: { ...table(FOREACH, [], { steps: stepList('body') }), required: ['items', 'steps'] },
    parallel: parallel(),
    approval: table(APPROVAL),
    continue_on: continueOn(),
    outputs: { type: 'array', minItems: 1, items: { ...table(OUTPUT), required: ['name'] } },
    output: { ...outputsBy(entry()), type: [...TEXT.type, 'object'], minProperties: 1 },
    stdout: textOr(table(STDOUT_FILE, [], { outputs: stdoutOutputs() })),
    stderr: textOr(table(OUTPUT_FILE)),
  };
}

/** Items of their own, or a map with them (§16.2). */
function parallel(): JsonSchema {
  const flat = { type: [...TEXT.type, 'object'], additionalProperties: TEXT };
  const list = { type: [...TEXT.type, 'array'], items: flat };
  const map = { ...table(PARALLEL, [], { items: list }), required: ['items'] };
  return { ...map, ...list, type: [...list.type, 'object'] };
}

/** A path, or a map that says something. */
function textOr(map: JsonSchema): JsonSchema {
  return { ...map, type: [...TEXT.type, 'object'], minLength: 1, minProperties: 1 };
}

/** One key of an `output` map: a map with value or from, or any other value as a literal (§11.4). */
function entry(): JsonSchema {
  const isSource = { type: 'object', anyOf: [{ required: ['value'] }, { required: ['from'] }] };
  return { if: isSource, then: source(['stdout', 'stderr', 'file']) };
}

function source(streams: readonly string[]): JsonSchema {
  const fromFile = streams.includes('file');
  return {
    ...table(OUTPUT_SOURCE, fromFile ? [] : ['path'], { from: { enum: streams } }),
    not: { required: ['value', 'from'] },
    dependencies: { path: ['from'], decode: ['from'], select: ['decode'] },
    ...(fromFile && {
      if: { properties: { from: { const: 'file' } }, required: ['from'] },
      then: { required: ['path'] },
    }),
  };
}

/** Outputs of the step and of the run from standard output (§11.5). */
function stdoutOutputs(): JsonSchema {
  return {
    ...table(STDOUT_OUTPUTS, [], { fields: outputsBy(source(['stdout', 'stderr'])) }),
    minProperties: 1,
    not: { required: ['field', 'fields'] },
    dependencies: { decode: ['field'], select: ['field'] },
  };
}

/** Outputs by name. */
function outputsBy(each: JsonSchema): JsonSchema {
  return { type: 'object', propertyNames: { pattern: NAME.source }, additionalProperties: each };
}

function continueOn(): JsonSchema {
  return { anyOf: [{ enum: ['failed', 'skipped'] }, table(CONTINUE_ON)] };
}

/** Text, a map, or a list of text, one-key maps and entries with a name (§9.2). */
function params(): JsonSchema {
  const pair = { type: 'object', minProperties: 1, maxProperties: 1, additionalProperties: TEXT };
  return {
    type: [...TEXT.type, 'array', 'object'],
    additionalProperties: TEXT,
    items: {
      if: { type: 'object', required: ['name'] },
      then: table(PARAM),
      else: { anyOf: [TEXT, pair] },
    },
  };
}

/** Entries, or a map of them by kind; `at` only starts (§20.1). */
function schedule(): JsonSchema {
  const entry = (later: readonly string[]): JsonSchema => ({ ...table(ENTRY, later), minProperties: 1 });
  const oneOrMore = (one: JsonSchema): JsonSchema => {
    const choices = [{ type: 'string' }, one];
    return { anyOf: [...choices, { type: 'array', items: { anyOf: choices } }] };
  };
  const starts = oneOrMore(entry(['profile']));
  const others = oneOrMore(entry(['profile', 'at']));
  const kinds = table(SCHEDULE, [], { start: starts, stop: others, restart: others });
  return { anyOf: [...(starts['anyOf'] as JsonSchema[]), { ...kinds, minProperties: 1 }] };
}

const NOTHING = { type: 'null', description: 'not on a foreach step' };

/** `with` holds the arguments of the action; on a run step it names the shell, on a foreach it is nothing (§4.3). */
function argumentsByAction(actions: readonly string[]): JsonSchema {
  const known = [...ACTIONS].filter(([name]) => actions.includes(name));
  const cases = known.map(([name, { schema, required }]) => {
    const needed = (keys: readonly string[]): JsonSchema => (required.length === 0 ? {} : { required: keys });
    const given = {
      ...table(schema, refusedKeys('with'), name === 'human.task' ? { form: form() } : {}),
      ...needed(required),
    };
    return {
      if: { properties: { action: { const: name } } },
      then: { properties: { with: given }, ...needed(name === 'human.task' ? ['id', 'with'] : ['with']) },
    };
  });
  return {
    if: { required: ['action'] },
    then: { allOf: cases },
    else: {
      if: { properties: { foreach: { type: 'object' } }, required: ['foreach'] },
      then: { properties: Object.fromEntries(NOT_ON_FOREACH.map((key) => [key, NOTHING])) },
      else: { properties: { with: nullable(table(RUN_WITH)) } },
    },
  };
}

/** A flat object of scalars (§18.1). */
function form(): JsonSchema {
  const byName = { propertyNames: { pattern: NAME.source }, additionalProperties: table(FORM_FIELD) };
  return table(FORM, [], { properties: { type: 'object', ...byName } });
}

/** A table as JSON Schema, without `later` fields, with the shapes of fields that have tables of their own. */
function table(schema: ObjectSchema, later: readonly string[] = [], inner: Properties = {}): JsonSchema {
  const json = jsonSchemaOf(schema);
  const properties = without(propertiesOf(json), later);
  for (const [key, property] of Object.entries(properties)) {
    const { description } = property;
    properties[key] = nullable(key in inner ? { ...inner[key], description } : property);
  }
  return { ...json, properties };
}

/** Every field may be null, which is as if it were absent (§2.1); also in tables within it. */
function nullable(json: JsonSchema): JsonSchema {
  const { type } = json;
  const found: Record<string, unknown> = { ...json };
  if (json['properties'] !== undefined) {
    found['properties'] = Object.fromEntries(
      Object.entries(propertiesOf(json)).map(([key, property]) => [key, nullable(property)]),
    );
  }
  if (Array.isArray(json['enum']))
    found['enum'] = [...new Set<unknown>([...(json['enum'] as unknown[]), null])];
  const choices = json['anyOf'] as JsonSchema[] | undefined;
  if (choices?.some((choice) => choice['type'] === 'null') === false)
    found['anyOf'] = [...choices, { type: 'null' }];
  if (typeof type === 'string' || Array.isArray(type)) found['type'] = [...new Set([type, 'null'].flat())];
  return found;
}

function ref(name: string): JsonSchema {
  return { $ref: `#/definitions/${name}` };
}

function propertiesOf(json: JsonSchema): Properties {
  return (json['properties'] ?? {}) as Properties;
}

function without(properties: Properties, keys: readonly string[]): Properties {
  return Object.fromEntries(Object.entries(properties).filter(([key]) => !keys.includes(key)));
}
