import { describe, expect, test } from 'vitest';
import type { Step } from '../../src/core/dag.ts';
import { dagOf, found, load, messages } from '../support/diagnose.ts';

const step = (fields: string): string => `steps: [{id: a, ${fields}}]`;
const human = (given: string, more = ''): string => step(`action: human.task, ${more} with: {${given}}`);
const form = (text: string): string => human(`prompt: "?", form: {${text}}`);
const first = (text: string): Step['action'] | undefined => dagOf(text).steps[0]?.action;

describe('human.task (§18.1)', () => {
  test('the prompt, and a form in the order written', () => {
    expect(first(human('prompt: "Go ${params}?"'))).toEqual({
      ...{ kind: 'human.task', prompt: 'Go ${params}?', form: [] },
    });
    const fields = `properties: {ticket: {type: string, pattern: '^OPS-'}, canary: {type: boolean, default: true},
      n: {type: integer, minimum: 1, default: 3}, note: {}}, required: [ticket]`;
    expect(first(form(fields))).toMatchObject({
      form: [
        {
          ...{ name: 'ticket', type: 'string', required: true, default: null },
          schema: { type: 'string', pattern: '^OPS-' },
        },
        { name: 'canary', type: 'boolean', required: false, default: 'true' },
        { name: 'n', type: 'integer', required: false, default: '3', schema: { minimum: 1 } },
        { name: 'note', type: 'string', required: false, default: null, schema: { type: 'string' } },
      ],
    });
  });

  test('each property of the form is a string output', () => {
    const text = (name: string): string =>
      `steps: [{id: a, action: human.task, with: {prompt: "?", form: {properties: {n: {type: integer}}}}},
        {run: x, depends: a, env: {V: "\${steps.a.outputs.${name}}"}}]`;
    expect(found(text('n'))).toEqual([]);
    expect(messages(text('m'))).toEqual(['steps[1].env.V: step "a" has no output "m", it has n']);
    expect(messages(text('n.x'))[0]).toContain('is text, a path needs a json output');
  });

  test('E720: it needs an id and has few fields', () => {
    expect(messages('steps: [{action: human.task, with: {prompt: "?"}}]')).toEqual([
      'steps[0]: a human task must define id',
    ]);
    const all = 'name: n, description: d, depends: [], preconditions: "true", retry_policy: null,';
    expect(found(human('prompt: "?"', all))).toEqual([]);
    const fields = {
      ...{ env: '{A: b}', timeout_sec: '1', continue_on: 'failed', working_dir: '/', log_output: 'merged' },
      ...{ output: 'O', outputs: '[{name: o}]', stdout: 'f', on_interrupt: 'fail', output_schema: '{}' },
    };
    for (const [key, value] of Object.entries(fields)) {
      expect(load(human('prompt: "?"', `${key}: ${value},`)).diagnostics).toMatchObject([
        { code: 'E720', message: `steps[0]: ${key} is not allowed on a human task` },
      ]);
    }
    expect(found(step('action: human.task'))).toEqual([expect.stringMatching(/^E702 /)]);
    expect(messages(human('prompt: "?", from: {}'))).toEqual(['steps[0].with: unknown key "from"']);
  });

  test('E205: not in a handler (§14), and not with an approval', () => {
    expect(messages('steps: [{run: x}]\nhandler_on: {exit: {id: a, action: human.task}}')).toEqual([
      'handler_on.exit: human.task is not allowed in a handler',
    ]);
    expect(load(human('prompt: "?"', 'approval: {},')).diagnostics).toMatchObject([
      { code: 'E205', message: 'steps[0]: approval is not allowed on a human task' },
    ]);
  });

  test('it takes no defaults (§4.4)', () => {
    const defaults = 'defaults: {timeout_sec: 1, env: {A: b}, retry_policy: {limit: 1, interval_sec: 0}}\n';
    const [task] = dagOf(defaults + human('prompt: "?"')).steps;
    expect(task).toMatchObject({ timeoutSec: 0, env: [], retry: null });
  });

  test.each([
    ['[a]', 'steps[0].with.form must be map, got list'],
    ['{type: array}', 'steps[0].with.form.type must be object'],
    ['{additionalProperties: true}', 'steps[0].with.form: unknown keyword "additionalProperties"'],
    ['{properties: [a]}', 'steps[0].with.form.properties must be map, got list'],
    ['{properties: {n: text}}', 'steps[0].with.form.properties.n must be map, got text'],
    [
      '{properties: {a-b: {}}}',
      'steps[0].with.form.properties.a-b: "a-b" is not a name, it must match ^[A-Za-z][A-Za-z0-9_]*$',
    ],
    [
      '{properties: {n: {type: object}}}',
      'steps[0].with.form.properties.n.type: a form is flat, a type is one of string, integer, number, boolean',
    ],
    [
      '{properties: {n: {type: [string, integer]}}}',
      'steps[0].with.form.properties.n.type: a type is one of string, integer, number, boolean',
    ],
    ['{properties: {n: {minlength: 1}}}', 'steps[0].with.form.properties.n: unknown keyword "minlength"'],
    ['{properties: {n: {items: {}}}}', 'steps[0].with.form.properties.n: unknown keyword "items"'],
    [
      '{properties: {n: {type: integer, default: x}}}',
      'steps[0].with.form.properties.n.default: default must be an integer',
    ],
    ['{properties: {n: {pattern: "("}}}', 'steps[0].with.form.properties.n: pattern "(" is not a regexp'],
    ['{required: [n]}', 'steps[0].with.form.required[0]: "n" is not one of the properties'],
    ['{required: n}', 'steps[0].with.form.required must be a list of names'],
    [
      '{properties: {n: {maximum: .inf, type: number}}}',
      'steps[0].with.form.properties.n: ".inf" has no exact JSON number',
    ],
  ])('E721: %s', (text, message) => {
    expect(load(human(`prompt: "?", form: ${text}`)).diagnostics).toMatchObject([{ code: 'E721', message }]);
  });

  test('the prompt is substituted, the form is not (§8.8)', () => {
    const text = human('prompt: "${consts.x}", form: {properties: {n: {description: "${consts.y}"}}}');
    expect(messages(text)).toEqual(['steps[0].with.prompt: unknown const "x"']);
  });
});

describe('approval (§18.2)', () => {
  test('on run and on actions', () => {
    const text = 'approval: {prompt: "Go ${params}?", input: [a, b], required: [b]}';
    const approval = { prompt: 'Go ${params}?', input: ['a', 'b'], required: ['b'] };
    expect(dagOf(step(`run: x, ${text}`)).steps[0]).toMatchObject({ approval });
    expect(dagOf(step(`action: noop, ${text}`)).steps[0]).toMatchObject({ approval });
    expect(dagOf(step('run: x, approval: {}')).steps[0]?.approval).toEqual({
      prompt: '',
      input: [],
      required: [],
    });
    expect(dagOf(step('run: x')).steps[0]?.approval).toBeNull();
  });

  test('inputs are string outputs; the prompt sees what the step sees', () => {
    const text = (prompt: string, name: string): string =>
      `steps: [{id: z, run: x, output: Z}, {id: a, depends: z, run: x, approval: {prompt: '${prompt}', input: [why]}},
        {run: x, depends: a, env: {V: "\${steps.a.outputs.${name}}"}}]`;
    expect(found(text('${steps.z.outputs.Z}', 'why'))).toEqual([]);
    expect(messages(text('${steps.a.outputs.why}', 'wyh'))).toEqual([
      'steps[1].approval.prompt: step "a" cannot read its own output',
      'steps[2].env.V: step "a" has no output "wyh", it has why',
    ]);
  });

  test.each([
    ['E722', 'run: x, approval: {required: [b]}', 'steps[0].approval.required[0]: "b" is not in input'],
    ['E722', 'run: x, approval: {input: [b, b]}', 'steps[0].approval.input[1]: "b" is a duplicate'],
    [
      'E722',
      'run: x, approval: {input: [1b]}',
      'steps[0].approval.input[0] must match ^[A-Za-z][A-Za-z0-9_]*$, got "1b"',
    ],
    ['E722', 'output: {a: 1}, approval: {}', 'steps[0].approval: only a run or action step can have one'],
    [
      'E501',
      'run: x, output: B, approval: {input: [B]}',
      'steps[0].approval.input[0]: duplicate output name "B"',
    ],
    ['E106', 'run: x, approval: {promt: "?"}', 'steps[0].approval: unknown key "promt"'],
    ['E108', 'run: x, approval: true', 'steps[0].approval must be map, got bool'],
    ['E108', 'run: x, approval: {input: a}', 'steps[0].approval.input must be list, got text'],
    ['E901', 'run: x, approval: {rewind_to: b}', 'steps[0].approval: "rewind_to" is not supported yet'],
  ])('%s: %s', (code, fields, message) => {
    expect(load(step(fields)).diagnostics).toMatchObject([{ code, message }]);
  });

  test('E205: not in a handler (§14)', () => {
    expect(messages('steps: [{run: x}]\nhandler_on: {exit: {run: x, approval: {}}}')).toEqual([
      'handler_on.exit: approval is not allowed in a handler',
    ]);
  });
});
