import { describe, expect, test } from 'vitest';
import { found, load, messages, shown } from '../support/diagnose.ts';

const A = '{id: a, run: x, output: OUT, outputs: [{name: j, type: json}]}';
const HTTP = '{id: h, action: http.request, with: {method: GET, url: "http://x"}}';
/** A second step with one environment variable; it depends on the first. */
const reading = (value: string, first = A, depends = 'depends: [a]'): string[] =>
  messages(`steps: [${first}, {id: b, ${depends}, run: x, env: {V: '${value}'}}]`);

describe('references (§8.2, §8.10)', () => {
  test('outputs of dependencies, direct or not', () => {
    expect(reading('${steps.a.outputs.OUT} ${steps.a.outputs.j} ${steps.a.outputs.j.x[0]}')).toEqual([]);
    const through = `steps: [${A}, {id: m, depends: a, run: x}, {depends: m, run: x, env: {V: "\${steps.a.outputs.OUT}"}}]`;
    expect(found(through)).toEqual([]);
    const http = reading(
      '${steps.h.outputs.status_code} ${steps.h.outputs.body.a} ${steps.h.outputs.headers.x}',
      HTTP,
      'depends: h',
    );
    expect(http).toEqual([]);
  });

  test('E403–E406, E410', () => {
    expect(reading('${steps.aa.outputs.OUT}')).toEqual(['steps[1].env.V: unknown step "aa"']);
    expect(reading('${steps.b.outputs.OUT}')).toEqual([
      'steps[1].env.V: step "b" cannot read its own output',
    ]);
    expect(reading('${steps.a.outputs.OUTT}')).toEqual([
      'steps[1].env.V: step "a" has no output "OUTT", it has j, OUT',
    ]);
    expect(reading('${steps.a.outputs.OUT}', A, 'depends: []')).toEqual([
      'steps[1].env.V: ${steps.a.outputs.OUT} needs the step to have ended, add depends: a',
    ]);
    expect(reading('${steps.a} ${steps.a.outputs}')).toEqual([
      'steps[1].env.V: ${steps.a} must name an output',
      'steps[1].env.V: ${steps.a.outputs} must name an output',
    ]);
    expect(reading('${steps.a.outputs.OUT.x}')).toEqual([
      'steps[1].env.V: output "OUT" of step "a" is text, a path needs a json output',
    ]);
    expect(reading('x${steps.c.outputs.y}', '{id: c, run: x}', 'depends: c')).toEqual([
      'steps[1].env.V: step "c" has no output "y", it has none',
    ]);
  });

  test('a name is not an id', () => {
    const text =
      'steps: [{name: first, run: x, output: O}, {run: y, depends: first, env: {V: "${steps.first.outputs.O}"}}]';
    expect(load(text).diagnostics[0]).toMatchObject({ code: 'E403', hint: 'steps are referenced by id' });
  });

  test('a typo in depends does not also ask for the dependency', () => {
    expect(found(`steps: [${A}, {run: x, depends: aa, env: {V: "\${steps.a.outputs.OUT}"}}]`)).toEqual([
      'E212 1:91',
    ]);
  });

  test('E401, E402, E408', () => {
    const text = [
      'consts: [{api: x}, {b: "${consts.c} ${consts.b}"}, {c: 1}]',
      'params: {who: you}',
      'env: {A: "${consts.apu} ${params.whom} ${context.run.idd} ${context.run.id} ${run.id} ${params}"}',
      'steps: [{run: x}]',
    ].join('\n');
    expect(messages(text)).toEqual([
      'consts[1].b: unknown const "c"',
      'consts[1].b: unknown const "b"',
      'env.A: unknown const "apu"',
      'env.A: unknown param "whom"',
      'env.A: unknown context field "run.idd"',
    ]);
    expect(found(text)).toEqual(['E401 1:25', 'E401 1:37', 'E401 3:11', 'E402 3:25', 'E408 3:40']);
  });

  test('E407: what a field cannot read (§8.8)', () => {
    const text = [
      'consts: [{a: "${params.x} ${env.X} ${run.id}"}]',
      'env: {A: "${steps.s.outputs.O} ${step.id} ${foreach.item}"}',
      'steps: [{id: s, run: x, output: O, env: {B: "${run.status} ${step.id} ${inputs.x} ${ITEM}"}}]',
      'handler_on: {exit: {run: y, env: {C: "${run.status} ${steps.s.outputs.O}"}}}',
    ].join('\n');
    expect(messages(text).map((m) => m.replace(/ is not available.*/, ''))).toEqual([
      'consts[0].a: "params"',
      'consts[0].a: "env"',
      'consts[0].a: "context"',
      'env.A: "steps"',
      'env.A: "context.step.id"',
      'env.A: "foreach"',
      'steps[0].env.B: "context.run.status"',
      'steps[0].env.B: "inputs"',
      'steps[0].env.B: "ITEM"',
      'handler_on.exit.env.C: "steps"',
    ]);
    expect(load(text).diagnostics.at(-1)?.hint).toBe('read the variable of `output: NAME`');
  });

  test('E409: older forms that begin with a step id', () => {
    expect(reading('${a.output.OUT} ${a.stdout} ${nostep.stdout}')).toEqual([
      'steps[1].env.V: write ${steps.a.outputs.OUT}',
      'steps[1].env.V: write ${steps.a.outputs.NAME}, declare an output of step "a"',
    ]);
  });

  test('W403, W404', () => {
    expect(found("steps: [{run: 'echo ${param.x} ${run.idd} ${foo.bar} ${arr[0]} \\${param.x}'}]")).toEqual([
      'W403 1:21',
      'W403 1:32',
    ]);
    expect(messages('env: {A: "${params.x}"}\nsteps: [{run: x}]')).toEqual([
      'env.A: ${params.x}: no params are declared, only the caller can give it',
    ]);
  });

  test('W401: values that can become shell code (§8.9)', () => {
    const text = [
      'params: [{a: 1}, {name: n, type: integer, default: 1}, {name: e, enum: [x], default: x}, {name: p, pattern: "^a$"}]',
      `steps: [${A}, {depends: a, run: 'echo \${steps.a.outputs.OUT} \${params.a} \${params.n} \${params.e} \${params.p} \${consts.c}'}]`,
      'consts: [{c: 1}]',
    ].join('\n');
    expect(found(text)).toEqual(['W401 2:97', 'W401 2:120']);
    expect(load(text).dag).not.toBeNull();
  });

  test('in run text $NAME belongs to the shell', () => {
    expect(found("steps: [{run: 'echo $HOME ${X:-y} ${#X}'}]")).toEqual([]);
  });

  test('references in with, working_dir, shell and retry_policy are checked', () => {
    const text = [
      'shell: "${consts.a}"',
      'working_dir: ${consts.b}',
      'steps:',
      '- action: exec',
      '  with: {command: "${consts.c}", args: ["${consts.d}"]}',
      '  working_dir: ${consts.e}',
      '  retry_policy: {limit: "${consts.f}", interval_sec: 1}',
      '- action: http.request',
      '  with: {method: GET, url: "${consts.g}", body: {deep: ["${consts.h}"]}}',
      '- {run: x, with: {shell: "${consts.i}"}}',
      '- run: [x, "echo ${consts.j}": y]',
    ].join('\n');
    expect(found(text).map((f) => f.split(':')[0])).toEqual(
      [1, 2, 5, 5, 6, 7, 9, 9, 10, 11].map((line) => `E401 ${line}`),
    );
  });

  test('the caret stands under the reference in a block scalar', () => {
    const text = 'steps:\n  - run: |\n      # first\n      echo ${consts.a} ${consts.b}\n';
    expect(shown(text)).toBe(
      [
        'dag.yaml:4:12: error[E401] steps[0].run: unknown const "a"',
        '    3 |       # first',
        '    4 |       echo ${consts.a} ${consts.b}',
        '      |            ^^^^^^^^^^^',
        'dag.yaml:4:24: error[E401] steps[0].run: unknown const "b"',
        '    3 |       # first',
        '    4 |       echo ${consts.a} ${consts.b}',
        '      |                        ^^^^^^^^^^^',
        '',
      ].join('\n'),
    );
  });

  test('keep turns them into notices with a reason, but not older forms (§8.4)', () => {
    const text = `steps: [${A}, {run: x, env: {V: "\${consts.a} \${steps.a.outputs.OUT} \${a.stdout}"}}]`;
    const { dag, diagnostics } = load(text, { unresolved: 'keep' });
    expect(diagnostics.map((d) => `${d.code} ${d.message}`)).toEqual([
      'W402 steps[1].env.V: ${consts.a} was left unchanged, reason=unknown_const_name',
      'W402 steps[1].env.V: ${steps.a.outputs.OUT} was left unchanged, reason=missing_dependency',
      'E409 steps[1].env.V: write ${steps.a.outputs.NAME}, declare an output of step "a"',
    ]);
    expect(dag).toBeNull();
  });

  test('references in defaults are judged for each step, reported once', () => {
    const text =
      'defaults: {env: {V: "${consts.x}"}}\nsteps: [{run: x}, {run: y}]\nhandler_on: {exit: {run: z}}';
    expect(messages(text)).toEqual(['defaults.env.V: unknown const "x"']);
  });

  test('every code has its place', () => {
    const text = [
      'steps:',
      '- {id: a, run: x, env: {V: "${steps.a.outputs.o}"}, retry_policy: {limit: 1}}',
      '- {id: b, depends: a, run: x, env: {V: "x ${steps.a.outputs.p} ${steps.a}"}}',
      '- [{run: x}, [{run: y}]]',
      '- {run: x, env: {V: "${steps.b.outputs.q}"}}',
    ].join('\n');
    expect(found(text)).toEqual([
      'E404 2:29',
      'E604 2:67',
      'E405 3:43',
      'E410 3:64',
      'E214 4:14',
      'E406 5:22',
    ]);
  });
});
