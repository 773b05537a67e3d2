import { describe, expect, test } from 'vitest';
import { dagOf, found, load, messages, shown } from '../support/diagnose.ts';

const STEP = 'steps: [{run: x}]\n';

describe('keys (§2.6–§2.8)', () => {
  test('an unknown key with a suggestion, at any depth (E106, G11)', () => {
    expect(shown('steps:\n  - id: a\n    comand: x\n')).toBe(
      [
        'dag.yaml:3:5: error[E106] steps[0]: unknown key "comand"',
        '    2 |   - id: a',
        '    3 |     comand: x',
        '      |     ^^^^^^',
        'hint: did you mean "command"?',
        '',
      ].join('\n'),
    );
    expect(messages('steps: [{run: x, retry_policy: {limit: 1, interval_sec: 1, jiter: true}}]')).toEqual([
      'steps[0].retry_policy: unknown key "jiter"',
    ]);
  });

  test('replaced spellings name the exact replacement (E107)', () => {
    const root: [string, string][] = [
      ['handlerOn', 'handler_on'],
      ['maxActiveSteps', 'max_active_steps'],
      ['logDir', 'log_dir'],
      ['dir', 'working_dir'],
      ['precondition', 'preconditions'],
      ['step_types', 'actions'],
    ];
    for (const [old, instead] of root) {
      expect(messages(`${old}: x\n${STEP}`)).toEqual([`"${old}" is an older spelling, write ${instead}`]);
    }
    const step: [string, string][] = [
      ['retryPolicy', 'retry_policy'],
      ['executor', 'action and with'],
      ['exec', 'action: exec, with: {command, args}'],
      ['call', 'action: dag.run, with: {dag, params}'],
      ['shell', 'with: {shell}'],
      ['llm', 'action: chat.completion'],
    ];
    for (const [old, instead] of step) {
      expect(messages(`steps: [{run: x, ${old}: y}]`)).toEqual([
        `steps[0]: "${old}" is an older spelling, write ${instead}`,
      ]);
    }
    expect(messages(`${STEP}handler_on: {cancel: {run: y}}`)).toEqual([
      'handler_on: "cancel" is an older spelling, write abort',
    ]);
    expect(messages('steps: [{run: x, retry_policy: {limit: 1, intervalSec: 1}}]')).toContain(
      'steps[0].retry_policy: "intervalSec" is an older spelling, write interval_sec',
    );
  });

  test('what is not supported yet and what is no part of flow (E901, E902)', () => {
    for (const key of ['container', 'ssh', 'kubernetes', 'mail_on', 'otel']) {
      expect(messages(`${STEP}${key}: x`)).toEqual([`"${key}" is not supported yet`]);
    }
    for (const key of ['inputs', 'dependencies', 'container', 'worker_selector']) {
      expect(messages(`steps: [{run: x, ${key}: x}]`)).toEqual([`steps[0]: "${key}" is not supported yet`]);
    }
    expect(messages('steps: [{run: x, approval: {rewind_to: a}}]')).toEqual([
      'steps[0].approval: "rewind_to" is not supported yet',
    ]);
    expect(messages(`type: build\n${STEP}`)).toEqual(['type: "type: build" is not supported yet']);
    expect(messages(`${STEP}shell: powershell`)).toEqual(['shell: "powershell" is not supported yet']);
    expect(found(`type: agent\ntasks: []\nharness: x\n${STEP}`)).toEqual([
      'E902 1:7',
      'E902 2:1',
      'E902 3:1',
    ]);
    expect(messages('steps: [{action: git.checkout}]')).toEqual([
      'steps[0].action: "git.checkout" is not supported yet',
    ]);
    expect(messages('steps: [{action: x@v1}]')).toEqual(['steps[0].action: "x@v1" is not part of flow']);
  });

  test('accepted aliases warn and work (W101)', () => {
    const result = load('tags: a\nsteps:\n  - echo hi\n  - command: [a, b]\n  - script: one line\n');
    expect(result.diagnostics.map((d) => d.message)).toEqual([
      '"tags" is deprecated, write labels',
      'steps[0]: plain text as a step is deprecated, write run: in front of it',
      'steps[1]: "command" is deprecated, write run',
      'steps[2]: "script" is deprecated, write run',
    ]);
    expect(result.dag?.steps.map((s) => s.action)).toMatchObject([
      { form: 'command', text: 'echo hi' },
      { form: 'commands', texts: ['a', 'b'] },
      { form: 'script', text: 'one line' },
    ]);
  });

  test('combinations that exclude each other (E112)', () => {
    expect(found(`labels: a\ntags: b\n${STEP}`)).toEqual(['W101 2:1', 'E112 2:1']);
    expect(messages('steps: [{command: x, script: y}]')).toContain(
      'steps[0]: command and script cannot be combined',
    );
    expect(messages('steps: [{run: x, continue_on: {failure: true, failed: true}}]')).toEqual([
      'steps[0].continue_on.failed: failure and failed cannot be combined',
    ]);
  });
});

describe('values (E108–E110)', () => {
  test.each([
    [`timeout_sec: abc\n${STEP}`, 'timeout_sec must be number, got text'],
    [`timeout_sec: .nan\n${STEP}`, 'timeout_sec must be number, got number'],
    [`max_active_steps: 1.5\n${STEP}`, 'max_active_steps must be int, got number'],
    [`max_active_steps: "1"\n${STEP}`, 'max_active_steps must be int, got text'],
    [`name: [a]\n${STEP}`, 'name must be text, got list'],
    [`shell_args: x\nshell: sh\n${STEP}`, 'shell_args must be list, got text'],
    [`shell: [sh, {a: 1}]\n${STEP}`, 'shell[1] must be text, got map'],
    ['steps: [{run: {a: 1}}]', 'steps[0].run must be text or list, got map'],
    ['steps: [{run: x, depends: {a: 1}}]', 'steps[0].depends must be string or array, got map'],
    ['steps: [5]', 'steps[0] must be map, text or list, got int'],
    ['steps: [{run: x, continue_on: {skipped: x}}]', 'steps[0].continue_on.skipped must be bool, got text'],
    ['steps: [{run: x, retry_policy: 3}]', 'steps[0].retry_policy must be map, got int'],
    [`${STEP}handler_on: x`, 'handler_on must be map, got text'],
    [`${STEP}defaults: []`, 'defaults must be map, got list'],
    [`${STEP}labels: [[a]]`, 'labels[0] must be text or map, got list'],
  ])('%s', (text, message) => {
    expect(messages(text)).toEqual([message]);
    expect(load(text).diagnostics[0]?.code).toBe('E108');
  });

  test('numbers out of range (E109)', () => {
    expect(messages(`timeout_sec: -1\n${STEP}`)).toEqual(['timeout_sec must be at least 0']);
    expect(messages(`max_output_size: 0\n${STEP}`)).toEqual(['max_output_size must be at least 1']);
    expect(messages(`max_active_steps: 99999999999999999999\n${STEP}`)).toEqual([
      'max_active_steps must be at most 9007199254740991',
    ]);
  });

  test('fixed sets (E110)', () => {
    expect(shown(`type: grpah\n${STEP}`)).toBe(
      [
        'dag.yaml:1:7: error[E110] type: invalid type "grpah", allowed: graph, chain',
        '    1 | type: grpah',
        '      |       ^^^^^',
        'hint: did you mean "graph"?',
        '',
      ].join('\n'),
    );
    expect(found('steps: [{run: x, on_interrupt: maybe, log_output: both}]')).toEqual([
      'E110 1:32',
      'E110 1:51',
    ]);
    expect(found(`labels: "a b"\n${STEP}`)).toEqual(['E110 1:9']);
  });

  test('null is as if absent, a valid rest is still checked', () => {
    const dag = dagOf('timeout_sec: ~\nlabels:\nsteps: [{run: x, depends: null, env: }]\n');
    expect(dag.timeoutSec).toBe(0);
    expect(found('steps: [{run: x, timeout_sec: bad, depends: nope, bad: 1}]')).toEqual([
      'E108 1:31',
      'E212 1:45',
      'E106 1:51',
    ]);
  });

  test('labels in all shapes', () => {
    const want = [
      ['a', ''],
      ['k', 'v'],
    ];
    for (const shape of ['"a, k=v"', '[a, k=v]', '{a: , k: v}', '[{a: ""}, {k: v}]']) {
      expect([...dagOf(`labels: ${shape}\n${STEP}`).labels]).toEqual(want);
    }
  });
});

describe('env (§7.3)', () => {
  test('map and list, in order', () => {
    const want = [
      { name: 'A', value: '1' },
      { name: 'B', value: 'x=y' },
    ];
    expect(dagOf(`env: {A: 1, B: x=y}\n${STEP}`).env).toEqual(want);
    expect(dagOf(`env: [A=1, {B: x=y}]\n${STEP}`).env).toEqual(want);
  });

  test('E310 and W302', () => {
    expect(found(`env: x\n${STEP}`)).toEqual(['E310 1:6']);
    expect(found(`env: [x, {1A: b}, [], {A: [1]}, -B=1]\n${STEP}`)).toEqual([
      'E310 1:7',
      'E310 1:11',
      'E310 1:19',
      'E310 1:27',
      'E310 1:33',
    ]);
    expect(messages(`env: [x]\n${STEP}`)).toEqual(['env[0]: "x" is not of the form KEY=value']);
    expect(found(`env: {PWD: x}\nsteps: [{run: x, env: [FLOW_TRY=1]}]`)).toEqual(['W302 1:7', 'W302 2:24']);
  });
});

test('consts (§9.1, E420)', () => {
  const dag = dagOf(`consts:\n  - a: x\n  - b: \${consts.a}/y\n  - c: \\\${consts.a}\n  - n: 1.10\n${STEP}`);
  expect([...dag.consts]).toEqual([
    ['a', 'x'],
    ['b', 'x/y'],
    ['c', '${consts.a}'],
    ['n', '1.10'],
  ]);
  expect(messages(`consts: {a: 1}\n${STEP}`)).toEqual(['consts must be a list of one-key maps']);
  const bad = '[x, {a: 1, b: 2}, {1a: x}, {a: x}, {a: y}, {b: [1]}, {c: .inf}, {d: ~}]';
  expect(messages(`consts: ${bad}\n${STEP}`)).toEqual([
    'consts[0]: consts are single-entry mappings',
    'consts[1]: a const has exactly one key',
    'consts[2].1a: consts key "1a" is invalid, it must match ^[A-Za-z][A-Za-z0-9_]*$',
    'consts[4].a: consts key "a" is a duplicate',
    'consts[5].b must be a literal string, number, or boolean',
    'consts[6].c must be a finite number',
    'consts[7].d must be a literal string, number, or boolean',
  ]);
});
