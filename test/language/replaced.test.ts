import { describe, expect, test } from 'vitest';
import { ACTIONS } from '../../src/language/action-fields.ts';
import { PRECONDITION } from '../../src/language/conditions.ts';
import { PARAM } from '../../src/language/param-declarations.ts';
import { HANDLERS, ROOT, ROOT_RETRY } from '../../src/language/root-fields.ts';
import { knownKeys } from '../../src/language/schema.ts';
import type { ObjectSchema } from '../../src/language/schema.ts';
import * as step from '../../src/language/step-fields.ts';
import { refusedKeys } from '../../src/language/unsupported.ts';
import { load } from '../support/diagnose.ts';

/** What the loader says about a key: E107 with its replacement, under the key itself. */
function replaced(text: string, old: string): { message: string; marked: string }[] {
  return load(text)
    .diagnostics.filter(({ code, message }) => code === 'E107' && message.includes(`"${old}"`))
    .map(({ message, span }) => ({
      message: message.replace(/^.*?"/, '"'),
      marked: span === undefined ? '' : span.source.text.slice(span.start, span.end),
    }));
}

function expectReplaced(text: string, old: string, instead: string): void {
  expect(replaced(text, old)).toEqual([
    { message: `"${old}" is an older spelling, write ${instead}`, marked: old },
  ]);
}

const STEP = 'steps: [{run: x}]\n';
const root = (key: string): string => `${key}: x\n${STEP}`;
const inStep = (key: string): string => `steps: [{run: x, ${key}: y}]\n`;

describe('every spelling that §2.7 replaces (E107)', () => {
  test.each([
    ['dir', 'working_dir'],
    ['precondition', 'preconditions'],
    ['step_types', 'actions'],
  ])('root %s', (old, instead) => expectReplaced(root(old), old, instead));

  test.each([
    ['dir', 'working_dir'],
    ['precondition', 'preconditions'],
    ['executor', 'action and with'],
    ['type', 'action'],
    ['config', 'with'],
    ['exec', 'action: exec, with: {command, args}'],
    ['call', 'action: dag.run, with: {dag, params}'],
    ['params', 'action: dag.run, with: {dag, params}'],
    ['shell', 'with: {shell}'],
    ['shell_args', 'with: {shell_args}'],
    ['shell_packages', 'with: {shell_packages}'],
    ['messages', 'action: chat.completion'],
    ['llm', 'action: chat.completion'],
    ['value', 'action: router.route'],
    ['routes', 'action: router.route'],
  ])('step and handler %s', (old, instead) => {
    expectReplaced(inStep(old), old, instead);
    expectReplaced(`${STEP}handler_on: {exit: {run: x, ${old}: y}}\n`, old, instead);
  });

  test('the camelCase of a replaced spelling leads to its replacement, too', () => {
    expectReplaced(inStep('shellArgs'), 'shellArgs', 'with: {shell_args}');
    expectReplaced(root('stepTypes'), 'stepTypes', 'actions');
  });

  test('handler_on.cancel, defaults.precondition, and command and match of a precondition', () => {
    expectReplaced(`${STEP}handler_on: {cancel: {run: y}}\n`, 'cancel', 'abort');
    expectReplaced(`${STEP}defaults: {precondition: y}\n`, 'precondition', 'preconditions');
    const text = `${STEP}preconditions: [{command: x, match: y}]\n`;
    expectReplaced(text, 'command', 'condition');
    expectReplaced(text, 'match', 'expected');
  });
});

/** Where each map of the language stands in a file; `KEY` is put in. */
const MAPS: readonly (readonly [string, ObjectSchema, string])[] = [
  ['root', ROOT, root('KEY')],
  ['step', step.STEP, inStep('KEY')],
  ['handler', step.STEP, `${STEP}handler_on: {exit: {run: x, KEY: y}}\n`],
  ['handler_on', HANDLERS, `${STEP}handler_on: {KEY: {run: y}}\n`],
  ['defaults', step.DEFAULTS, `${STEP}defaults: {KEY: y}\n`],
  ['root retry_policy', ROOT_RETRY, `retry_policy: {KEY: 1}\n${STEP}`],
  ['retry_policy', step.RETRY_POLICY, inStep('retry_policy: {KEY: 1}, name')],
  ['repeat_policy', step.REPEAT_POLICY, inStep('repeat_policy: {KEY: 1}, name')],
  ['continue_on', step.CONTINUE_ON, inStep('continue_on: {KEY: 1}, name')],
  ['preconditions', PRECONDITION, `preconditions: [{KEY: 1}]\n${STEP}`],
  ['params', PARAM, `params: [{name: n, KEY: 1}]\n${STEP}`],
  ['secrets', step.SECRET, `secrets: [{KEY: 1}]\n${STEP}`],
  ['outputs', step.OUTPUT, inStep('outputs: [{KEY: 1}], name')],
  ['output', step.OUTPUT_SOURCE, inStep('output: {A: {from: stdout, KEY: 1}}, name')],
  ['stdout', step.STDOUT_FILE, inStep('stdout: {KEY: 1}, name')],
  ['stdout.outputs', step.STDOUT_OUTPUTS, inStep('stdout: {outputs: {KEY: 1}}, name')],
  ['with of run', step.RUN_WITH, inStep('with: {KEY: 1}, name')],
  ...[...ACTIONS].map(
    ([name, { schema }]) => [name, schema, `steps: [{action: ${name}, with: {KEY: 1}}]\n`] as const,
  ),
];

/** Keys that a table names besides those of its schema. */
const MORE: Readonly<Record<string, readonly string[]>> = {
  root: refusedKeys('root'),
  step: refusedKeys('step'),
  defaults: refusedKeys('defaults'),
};

describe('any known key in camelCase is E107 with the snake_case key (§2.7)', () => {
  const camel = (key: string): string =>
    key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  const cases = MAPS.flatMap(([where, schema, text]) =>
    [...knownKeys(schema, []), ...(MORE[where] ?? [])]
      .filter((key) => key.includes('_'))
      .map((key) => [where, key, text] as const),
  );

  test('there are cases', () => expect(cases.length).toBeGreaterThan(80));

  test.each(cases)('%s: %s', (_, key, text) => {
    expectReplaced(text.replace('KEY', camel(key)), camel(key), key);
  });
});
