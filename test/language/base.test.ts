import { describe, expect, test } from 'vitest';
import { position } from '../../src/errors/position.ts';
import type { Dag } from '../../src/core/dag.ts';
import type { BaseFile } from '../../src/language/base.ts';
import { dagOf, load } from '../support/diagnose.ts';

const STEPS = 'steps: [{id: a, run: echo hi}]\n';

function base(text: string, more: Partial<BaseFile> = {}): { base: BaseFile } {
  return { base: { file: 'base.yaml', bytes: new TextEncoder().encode(text), ...more } };
}

function laid(under: string, own: string, more: Partial<BaseFile> = {}): Dag {
  return dagOf(own + STEPS, base(under, more));
}

/** `CODE file:line:column path`, in the order in which they are shown. */
function problems(under: string, own: string): string[] {
  return load(own + STEPS, base(under)).diagnostics.map(({ code, span, path }) => {
    const at =
      span === undefined ? '?' : `${span.source.file}:${position(span).line}:${position(span).column}`;
    return `${code} ${at} ${path ?? ''}`;
  });
}

const env = (dag: Dag): string => dag.env.map(({ name, value }) => `${name}=${value}`).join(' ');

describe('the base file (§21.5)', () => {
  test('gives what the DAG does not set', () => {
    const dag = laid('max_active_steps: 3\ntimeout_sec: 9\nworking_dir: sub\n', 'timeout_sec: 1\n');
    expect([dag.maxActiveSteps, dag.timeoutSec, dag.workingDir]).toEqual([3, 1, 'sub']);
    expect(laid('timeout_sec: 9\n', 'timeout_sec: null\n').timeoutSec).toBe(9);
    expect(laid('timeout_sec: null\n', '').timeoutSec).toBe(0);
  });

  test.for([
    ['env: {A: 1, B: 2}', 'env: {B: "$B and more", C: 3}'],
    ['env: [{A: 1}, {B: 2}]', 'env: {B: "$B and more", C: 3}'],
    ['env: {A: 1, B: 2}', 'env: ["B=$B and more", C: 3]'],
    ['env: [A=1, B=2]', 'env: [B: "$B and more", C=3]'],
  ])('%s is put before %s', ([under = '', own = ''], { expect }) => {
    expect(env(laid(`${under}\n`, `${own}\n`))).toBe('A=1 B=2 B=$B and more C=3');
  });

  test('env of one of them alone', () => {
    expect(env(laid('env: {A: 1}\n', ''))).toBe('A=1');
    expect(env(laid('description: x\n', 'env: {B: 2}\n'))).toBe('B=2');
  });

  test.for<[string, string, boolean, string[]]>([
    ['dotenv: a', 'dotenv: b', true, ['a', 'b']],
    ['dotenv: [a, b]', 'dotenv: [c]', true, ['a', 'b', 'c']],
    ['dotenv: a', '', true, ['a']],
    ['description: x', 'dotenv: b', true, ['b']],
    ['dotenv: a', 'dotenv: []', false, []],
    ['dotenv: []', 'dotenv: b', true, ['b']],
    ['dotenv: []', '', false, []],
  ])('%s under "%s"', ([under, own, on, files], { expect }) => {
    expect(laid(`${under}\n`, `${own}\n`).dotenv).toEqual({ on, files });
  });

  test('defaults and handler_on merge by key, each taken whole', () => {
    const dag = laid(
      `defaults: {timeout_sec: 9, retry_policy: {limit: 3, interval_sec: 1}, env: {A: 1}}
handler_on: {exit: {run: base exit}, failure: {run: base failure}}
`,
      `defaults: {retry_policy: {limit: 1, interval_sec: 0}, env: {B: 2}}
handler_on: {exit: {run: own exit}, init: null}
`,
    );
    const [step] = dag.steps;
    expect([step?.timeoutSec, step?.retry?.limit, step?.env]).toEqual([9, 1, [{ name: 'B', value: '2' }]]);
    const texts = [...dag.handlers].map(([event, { action }]) => [
      event,
      action.kind === 'run' && action.form === 'command' ? action.text : action,
    ]);
    expect(texts).toEqual([
      ['failure', 'base failure'],
      ['exit', 'own exit'],
    ]);
  });

  test('everything else is replaced whole', () => {
    const dag = laid(
      `consts: [{a: 1}, {b: 2}]
labels: {a: x}
secrets: [{name: S, provider: env, key: S}]
preconditions: test -e x
`,
      `consts: [{c: 3}]
labels: {b: y}
secrets: [{name: T, provider: env, key: T}]
preconditions: test -e y
`,
    );
    expect([...dag.consts.keys()]).toEqual(['c']);
    expect([...dag.labels.keys()]).toEqual(['b']);
    expect(dag.secrets.map(({ name }) => name)).toEqual(['T']);
    expect(dag.preconditions).toHaveLength(1);
  });

  test('keys that are one setting go together', () => {
    expect(laid('shell: bash\nshell_args: [-e]\n', 'shell: python3\n').shell).toMatchObject({ args: [] });
    expect(laid('shell: bash\n', 'shell_args: [-e]\n').shell).toMatchObject({ shell: 'bash', args: ['-e'] });
    const { diagnostics } = load(`labels: [a]\n${STEPS}`, base('tags: [b]\n'));
    expect(diagnostics).toEqual([]);
  });

  test('what the DAG reads may stand in it, and the other way round', () => {
    expect(env(laid('consts: [{x: 1}]\n', 'env: {A: "${consts.x}"}\n'))).toBe('A=${consts.x}');
    expect(env(laid('env: {A: "${consts.x}"}\n', 'consts: [{x: 1}]\n'))).toBe('A=${consts.x}');
  });

  test('child runs get it without handler_on', () => {
    const under = 'timeout_sec: 9\nhandler_on: {exit: {run: echo bye}}\n';
    const dag = laid(under, '', { withoutHandlers: true });
    expect([dag.timeoutSec, dag.handlers.size]).toEqual([9, 0]);
    // Later documents are laid on it too, always without.
    const two = `name: one\n${STEPS}---\nname: two\n${STEPS}`;
    expect(load(two, base(`${under}handler_on_typo: 1\n`)).diagnostics.map((one) => one.code)).toEqual([
      'E106',
    ]);
    expect(
      load(two, base('handler_on: {exit: {run: "echo ${consts.x}"}}\nconsts: [{x: 1}]\n')).diagnostics,
    ).toEqual([]);
  });
});

describe('problems of the base file (§21.5)', () => {
  test('name, steps, params and schedule may not stand in it (E205)', () => {
    const under = 'name: x\nsteps: []\nparams: []\nschedule: x\n';
    expect(problems(under, '')).toEqual([
      'E205 base.yaml:1:1 name',
      'E205 base.yaml:2:1 steps',
      'E205 base.yaml:3:1 params',
      'E205 base.yaml:4:1 schedule',
    ]);
  });

  test('each shows its own position and path, those of the DAG first', () => {
    const under = 'nonsense: 1\nenv: [{A: 1}, {"B!": 2}]\ndotenv: {a: 1}\ndefaults: [x]\n';
    const own = 'env: [{"C!": 3}]\ndefaults: {timeout_sec: -1}\n';
    expect(problems(under, own)).toEqual(
      [
        'E310 dag.yaml:1:8 env[0].C!',
        'E106 base.yaml:1:1 nonsense',
        'E310 base.yaml:2:16 env[1].B!',
        'E108 base.yaml:3:9 dotenv',
        'E108 base.yaml:4:11 defaults',
      ].map((line) => line.replace('.C!', '["C!"]').replace('.B!', '["B!"]')),
    );
  });

  test('a problem of both files at one offset is told twice, one of the base file once', () => {
    expect(problems('oops: 1\n', 'oops: 1\n')).toEqual(['E106 dag.yaml:1:1 oops', 'E106 base.yaml:1:1 oops']);
    const two = `name: one\n${STEPS}---\nname: two\n${STEPS}`;
    expect(load(two, base('oops: 1\n')).diagnostics).toHaveLength(1);
  });

  test('it is one map in one document', () => {
    expect(problems('', '')).toEqual(['E101 base.yaml:1:1 ']);
    expect(problems('just text\n', '')).toEqual(['E108 base.yaml:1:1 ']);
    expect(problems('env: {A: 1}\n---\nenv: {B: 1}\n', '')).toEqual(['E205 base.yaml:2:1 ']);
    expect(problems('a: [\n', '').map((line) => line.slice(0, 14))).toEqual(['E102 base.yaml']);
  });
});
