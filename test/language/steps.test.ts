import { describe, expect, test } from 'vitest';
import { HANDLER_EVENTS } from '../../src/core/dag.ts';
import { dagOf, found, load, messages, shown } from '../support/diagnose.ts';

const numbers = (text: string): (readonly number[])[] => dagOf(text).steps.map((s) => s.depends);

describe('steps (§4)', () => {
  test('E201: missing, a mapping, empty', () => {
    expect(messages('name: x')).toEqual(['steps is required']);
    expect(shown('steps:\n  build:\n    run: x\n')).toBe(
      [
        'dag.yaml:1:1: error[E201] steps must be a list',
        '    1 | steps:',
        '      | ^^^^^',
        'hint: write "- id: build" and indent its fields below',
        '',
      ].join('\n'),
    );
    expect(messages('steps: []')).toEqual(['steps must be non-empty']);
    expect(messages('steps: [[]]')).toEqual(['steps[0] must be a non-empty group']);
    expect(found('setps: [{run: x}]')).toEqual(['E106 1:1', 'E201 1:1']);
  });

  test('E202: no kind of step, or several', () => {
    expect(messages('steps: [{id: a}]')).toEqual(['steps[0]: a step needs one of run, action, foreach']);
    expect(messages('steps: [{run: x, action: noop}]')).toEqual([
      'steps[0]: run and action: only one is allowed',
    ]);
    expect(found('steps: [{run: x, command: y}]')).toEqual(['W101 1:18', 'E202 1:18']);
  });

  test('a misspelled run is one error, not two', () => {
    expect(found('steps: [{rnu: x}]')).toEqual(['E106 1:10']);
  });

  test('E203: ids and names are unique, with the line of the other (G9)', () => {
    expect(messages('steps:\n- {id: a, run: x}\n- {id: a, run: x}')).toEqual([
      'steps[1].id: duplicate step ID "a", see line 2',
    ]);
    expect(messages('steps:\n- {name: a b, run: x}\n- {name: a b, run: x}')).toEqual([
      'steps[1].name: step name "a b" must be unique, see line 2',
    ]);
    expect(messages('steps:\n- {name: a, run: x}\n- {id: a, run: x}')).toEqual([
      'steps[1].id: ID "a" conflicts with the name of another step, see line 2',
    ]);
    expect(dagOf('steps: [{id: a, name: a, run: x}]').steps[0]?.name).toBe('a');
  });

  test('E204: ids and names', () => {
    expect(messages('steps: [{id: 1a, run: x}]')).toEqual([
      'steps[0].id: invalid step ID format "1a", it must match ^[A-Za-z][A-Za-z0-9_]*$',
    ]);
    expect(messages('steps: [{id: Output, run: x}]')).toEqual([
      'steps[0].id: step ID "Output" is a reserved word',
    ]);
    expect(messages(`steps: [{id: ${'a'.repeat(41)}, run: x}]`)).toEqual([
      'steps[0].id: a step ID has at most 40 bytes',
    ]);
    expect(messages(`steps: [{name: ${'ä'.repeat(128)}, run: x}]`)).toEqual([
      'steps[0].name: a step name has at most 255 bytes',
    ]);
  });

  test('identity: trimmed, defaults, numbers, places (§4.2)', () => {
    const dag = dagOf('steps:\n  - {id: " a ", run: x}\n  - run: y\n  - {name: n n, run: z}\n');
    expect(dag.steps.map((s) => [s.number, s.id, s.name, s.label, s.place])).toEqual([
      [1, 'a', 'a', 'a', { line: 2, column: 5 }],
      [2, null, 'step_2', 'step_2', { line: 3, column: 5 }],
      [3, null, 'n n', 'n n', { line: 4, column: 5 }],
    ]);
  });

  test('defaults apply whole to steps that do not set the key (§4.4)', () => {
    const dag = dagOf(
      [
        'defaults: {retry_policy: {limit: 2, interval_sec: 1}, continue_on: failed, timeout_sec: 9, env: {A: 1},',
        '  signal_on_stop: SIGINT, on_interrupt: fail}',
        'steps:',
        '  - {run: x, env: {A: 2}}',
        '  - {run: y, retry_policy: {limit: 0, interval_sec: 0}, continue_on: skipped, timeout_sec: 0, signal_on_stop: SIGHUP}',
        'handler_on: {exit: {run: z}}',
      ].join('\n'),
    );
    expect(dag.steps[0]).toMatchObject({
      retry: { limit: 2, intervalSec: 1, backoff: 1 },
      continueOn: { failure: true },
      timeoutSec: 9,
      signalOnStop: 'SIGINT',
      onInterrupt: 'fail',
      env: [
        { name: 'A', value: '1' },
        { name: 'A', value: '2' },
      ],
    });
    expect(dag.steps[1]).toMatchObject({
      retry: { limit: 0 },
      continueOn: { skipped: true, failure: false },
      timeoutSec: 0,
    });
    expect(dag.handlers.get('exit')).toMatchObject({ retry: null, continueOn: null, timeoutSec: 0, env: [] });
    expect(messages('defaults: {id: x, mail_on_error: true}\nsteps: [{run: x}]')).toEqual([
      'defaults: unknown key "id"',
      'defaults: "mail_on_error" is not supported yet',
    ]);
  });
});

describe('order (§5)', () => {
  test('depends by id or name, once each', () => {
    const text =
      'steps: [{id: a, run: x}, {name: b b, run: x}, {id: c, run: x, depends: [b b, a, a]}, {run: x, depends: c}]';
    expect(numbers(text)).toEqual([[], [], [2, 1], [3]]);
    expect(numbers('steps: [{run: x, depends: []}]')).toEqual([[]]);
  });

  test('E212 as in the contract (§2.5, G9)', () => {
    const text = 'steps:\n  - id: build\n    run: x\n  - id: test\n    depends: biuld\n    run: y\n';
    expect(shown(text, { file: 'deploy.yaml' })).toBe(
      [
        'deploy.yaml:5:14: error[E212] steps[1].depends: depends on non-existent step "biuld"',
        '    4 |   - id: test',
        '    5 |     depends: biuld',
        '      |              ^^^^^',
        'hint: did you mean "build"?',
        '',
      ].join('\n'),
    );
    expect(found('steps: [{run: x}, {run: y, depends: [step_1]}]')).toEqual(['E212 1:38']);
  });

  test('E213: itself, cycles, once per cycle from its first step (G9)', () => {
    expect(messages('steps: [{id: a, run: x, depends: a}]')).toEqual([
      'steps[0].depends: step "a" depends on itself',
    ]);
    const cycle =
      'steps:\n- {id: z, run: x, depends: a}\n- {id: a, run: x, depends: [b]}\n- {id: b, run: x, depends: [z, c]}\n' +
      '- {id: c, run: x, depends: d}\n- {id: d, run: x}\n- {id: p, run: x, depends: q}\n- {id: q, run: x, depends: p}\n';
    expect(messages(cycle)).toEqual([
      'steps[0].depends: cyclic dependency: z → a → b → z',
      'steps[5].depends: cyclic dependency: p → q → p',
    ]);
    expect(found(cycle)).toEqual(['E213 2:28', 'E213 7:28']);
  });

  test('chain and groups', () => {
    const text = 'type: chain\nsteps: [{run: a}, [{run: b}, {run: c}], {run: d}, {run: e}]';
    expect(numbers(text)).toEqual([[], [1], [1], [2, 3], [4]]);
    expect(numbers('steps: [{run: a}, [{run: b}, {run: c}]]')).toEqual([[], [], []]);
    expect(found('type: chain\nsteps: [{run: a}, {run: b, depends: []}]')).toEqual(['E211 2:28']);
    expect(messages('steps: [[{run: a}, [{run: b}]]]')).toEqual([
      'steps[0][1]: a group cannot be nested in a group',
    ]);
  });
});

describe('run (§6)', () => {
  test('the three forms', () => {
    const dag = dagOf('steps:\n- run: a\n- run: |\n    a\n- run: [a, "", {echo a: b}, 5]\n- run: 5\n');
    expect(dag.steps.map((s) => s.action)).toEqual([
      { kind: 'run', form: 'command', text: 'a', shell: null },
      { kind: 'run', form: 'script', text: 'a\n', shell: null },
      { kind: 'run', form: 'commands', texts: ['a', 'echo a: b', '5'], shell: null },
      { kind: 'run', form: 'command', text: '5', shell: null },
    ]);
  });

  test('E301', () => {
    expect(messages('steps: [{run: " "}]')).toEqual(['steps[0].run is empty']);
    expect(messages('steps: [{run: ["", ~]}]')).toEqual(['steps[0].run is empty']);
    expect(messages('steps: [{run: [{a: b, c: d}, {a: [b]}, "a\\nb", [a]]}]')).toEqual(
      [0, 1, 2, 3].map((i) => `steps[0].run[${i}] must be one line of text`),
    );
  });

  test('with of a run step (E302)', () => {
    const dag = dagOf(
      'shell: bash -o pipefail\nshell_args: [-x]\nsteps: [{run: x, with: {shell: [zsh], shell_args: [-f]}}]',
    );
    expect(dag.shell).toEqual({ shell: 'bash -o pipefail', args: ['-x'], packages: [] });
    expect(dag.steps[0]?.action).toMatchObject({ shell: { shell: ['zsh'], args: ['-f'], packages: [] } });
    expect(messages('steps: [{run: x, with: {url: y}}]')).toEqual([
      'steps[0]: with.url is not allowed with run',
    ]);
    expect(messages('steps: [{run: x, with: {shell_args: [y]}}]')).toEqual([
      'steps[0].with.shell_args: shell_args needs shell',
    ]);
    expect(found('steps: [{run: x, with: {shell: bash, shell_packages: [y]}}]')).toEqual(['E302 1:38']);
    expect(found('steps: [{run: x, with: {shell: /bin/nix-shell, shell_packages: [y]}}]')).toEqual([]);
    expect(messages('steps: [{run: x, with: {shell: direct}}]')).toEqual([
      'steps[0].with.shell: "direct" is not a shell',
    ]);
    expect(messages('shell_args: [x]\nsteps: [{run: x}]')).toEqual(['shell_args: shell_args needs shell']);
  });
});

describe('failure control (§13)', () => {
  test('continue_on in all forms', () => {
    const text =
      'steps: [{run: x, continue_on: {exit_code: [1, "2"], output: [a, "re:b+"], mark_success: true, failed: true}}]';
    expect(dagOf(text).steps[0]?.continueOn).toEqual({
      failure: true,
      skipped: false,
      exitCodes: [1, 2],
      output: ['a', 're:b+'],
      markSuccess: true,
    });
    expect(found('steps: [{run: x, continue_on: maybe}]')).toEqual(['E603 1:31']);
    expect(found('steps: [{run: x, continue_on: [failed]}]')).toEqual(['E603 1:31']);
    expect(found('steps: [{run: x, continue_on: {exit_code: x}}]')).toEqual(['E108 1:43']);
    expect(found('steps: [{run: x, continue_on: {output: [ok, "re:(a"]}}]')).toEqual(['E602 1:45']);
  });

  test('retry_policy', () => {
    const text =
      'steps: [{run: x, retry_policy: {limit: "3", interval_sec: "${params.i}", backoff: true, max_interval_sec: 60, exit_code: [1], jitter: true, on_timeout: true}}]\nparams: [{i: 1}]';
    expect(dagOf(text).steps[0]?.retry).toEqual({
      limit: 3,
      intervalSec: '${params.i}',
      backoff: 2,
      maxIntervalSec: 60,
      exitCodes: [1],
      jitter: true,
      onTimeout: true,
    });
    expect(messages('steps: [{run: x, retry_policy: {limit: 1}}]')).toEqual([
      'steps[0].retry_policy: limit and interval_sec are required',
    ]);
    expect(messages('steps: [{run: x, retry_policy: {limit: 1, interval_sec: 1, backoff: 1}}]')).toEqual([
      'steps[0].retry_policy.backoff must be greater than 1',
    ]);
    expect(found('steps: [{run: x, retry_policy: {limit: 1.5, interval_sec: -1}}]')).toEqual([
      'E108 1:40',
      'E109 1:59',
    ]);
    expect(found('steps: [{run: x, retry_policy: {limit: few, interval_sec: 1}}]')).toEqual(['E108 1:40']);
  });

  test('signals (E606)', () => {
    const { diagnostics } = load('steps: [{run: x, signal_on_stop: int}]');
    expect(diagnostics[0]).toMatchObject({
      code: 'E606',
      message: 'steps[0].signal_on_stop: unknown signal "int"',
      hint: 'did you mean "SIGINT"?',
    });
  });
});

describe('outputs (§11)', () => {
  test('declared outputs and output: NAME', () => {
    const dag = dagOf('steps: [{id: a, run: x, outputs: [{name: v}, {name: j, type: json}], output: _X}]');
    expect(dag.steps[0]).toMatchObject({
      outputs: [
        { name: 'v', type: 'string' },
        { name: 'j', type: 'json' },
      ],
      outputName: '_X',
    });
  });

  test('E501, E502', () => {
    const outputs = (value: string): string[] => messages(`steps: [{id: a, run: x, outputs: ${value}}]`);
    expect(outputs('[]')).toEqual(['steps[0].outputs must be a non-empty list']);
    expect(outputs('x')).toEqual(['steps[0].outputs must be a non-empty list']);
    expect(outputs('[{type: json}]')).toEqual(['steps[0].outputs[0]: name is required']);
    expect(outputs('[{name: _a}]')[0]).toContain('name must match ^[A-Za-z]');
    expect(outputs('[{name: a}, {name: a}]')).toEqual([
      'steps[0].outputs[1].name: duplicate output name "a"',
    ]);
    expect(outputs('[{name: a, type: int}]')).toEqual([
      'steps[0].outputs[0].type must be string or json, got "int"',
    ]);
    expect(messages('steps: [{run: x, outputs: [{name: a}]}]')).toEqual([
      'steps[0].outputs: a step with outputs must define id',
    ]);
    expect(messages('steps: [{id: s, run: x, outputs: [{name: a}], output: a}]')).toEqual([
      'steps[0].output: duplicate output name "a"',
    ]);
    expect(messages('steps: [{run: x, output: [a]}]')).toEqual(['steps[0].output must be a name or mapping']);
    expect(found('steps: [{run: x, output: a-b}]')).toEqual(['E502 1:26']);
  });
});

describe('handlers (§14)', () => {
  test('named and numbered after the steps', () => {
    const dag = dagOf(
      'steps: [{run: x}]\nhandler_on: {exit: {run: e, output: X}, init: {id: i, action: noop}}',
    );
    expect([...dag.handlers].map(([event, s]) => [event, s.kind, s.number, s.name, s.label])).toEqual([
      ['init', 'init', 2, 'i', 'onInit'],
      ['exit', 'exit', 3, 'onExit', 'onExit'],
    ]);
    expect([...dag.handlers.keys()].every((event) => HANDLER_EVENTS.includes(event))).toBe(true);
  });

  test('E205 and E106', () => {
    const handler = (fields: string): string[] =>
      messages(`steps: [{run: x}]\nhandler_on: {exit: {${fields}}}`);
    expect(handler('run: x, depends: []')).toEqual(['handler_on.exit: depends is not allowed in a handler']);
    expect(handler('run: x, outputs: [{name: a}]')).toEqual([
      'handler_on.exit: outputs is not allowed in a handler',
    ]);
    expect(handler('foreach: {}')).toEqual(['handler_on.exit: foreach is not allowed in a handler']);
    expect(handler('run: x, parallel: a')).toEqual(['handler_on.exit: parallel is not allowed in a handler']);
    expect(handler('action: human.task')).toEqual([
      'handler_on.exit: human.task is not allowed in a handler',
    ]);
    expect(handler('run: x, output: {a: 1}')).toContain(
      'handler_on.exit: an output map is not allowed in a handler',
    );
    expect(messages('steps: [{run: x}]\nhandler_on: {exti: {run: x}}')).toEqual([
      'handler_on: unknown key "exti"',
    ]);
  });
});

describe('actions (§19)', () => {
  test('exec, log.write, noop', () => {
    const dag = dagOf(
      'steps: [{action: exec, with: {command: ls, args: [-l, 1.10]}}, {action: log.write, with: {message: hi}}, {action: noop}]',
    );
    expect(dag.steps.map((s) => s.action)).toEqual([
      { kind: 'exec', command: 'ls', args: ['-l', '1.10'] },
      { kind: 'log.write', message: 'hi' },
      { kind: 'noop' },
    ]);
  });

  test('http.request with everything', () => {
    const dag = dagOf(
      [
        'steps:',
        '  - action: http.request',
        '    with:',
        '      {method: POST, url: "https://x.test/${consts.v}", headers: {X: 1}, query: {q: [a, b], r: 1.10},',
        '       body: {n: 1.5, t: "1.10", l: [true, ~]}, timeout: 2.5, format: json, silent: true, output: f}',
        'consts: [{v: 1}]',
      ].join('\n'),
    );
    expect(dag.steps[0]?.action).toMatchObject({
      with: {
        method: 'POST',
        headers: new Map([['X', '1']]),
        query: new Map<string, unknown>([
          ['q', ['a', 'b']],
          ['r', '1.10'],
        ]),
        timeoutSec: 2.5,
        json: true,
        silent: true,
        output: 'f',
        form: null,
      },
    });
    expect(JSON.stringify((dag.steps[0]?.action as { with: { body: unknown } }).with.body)).toBe(
      '{"n":1.5,"t":"1.10","l":[true,null]}',
    );
  });

  test('E701, E702', () => {
    const { diagnostics } = load('steps: [{action: http.requst}]');
    expect(diagnostics[0]).toMatchObject({ code: 'E701', hint: 'did you mean "http.request"?' });
    expect(messages('steps: [{action: exec}]')).toEqual(['steps[0]: exec needs with.command']);
    expect(messages('steps: [{action: http.request, with: {url: "http://x"}}]')).toEqual([
      'steps[0]: http.request needs with.method',
    ]);
    expect(
      found('steps: [{action: http.request, with: {method: POST, url: "http://x", body: a, form: {b: c}}}]'),
    ).toEqual(['E702 1:79']);
    expect(messages('steps: [{action: noop, with: {x: 1}}]')).toEqual(['steps[0].with: unknown key "x"']);
  });

  test('E703: literal values that cannot be right (I13, I14)', () => {
    const http = (fields: string): string[] =>
      messages(`steps: [{action: http.request, with: {method: GET, url: "http://x", ${fields}}}]`);
    expect(http('timeout: soon')).toEqual(['steps[0].with.timeout must be number, got text']);
    expect(http('json: 1')).toEqual(['steps[0].with.json must be bool, got int']);
    expect(http('headers: {A: "x\\ny"}')).toEqual(['steps[0].with.headers.A: a header must be one line']);
    expect(http('headers: {"A B": x}')).toEqual(['steps[0].with.headers["A B"]: "A B" is not a header name']);
    expect(http('body: {id: 12345678901234567890}')).toEqual([
      'steps[0].with.body: "12345678901234567890" has no exact JSON number',
    ]);
    const url = (value: string): string[] =>
      messages(`steps: [{action: http.request, with: {method: GET, url: "${value}"}}]`);
    expect(url('data:text/plain,x')).toEqual([
      'steps[0].with.url: only http and https are allowed, got "data:"',
    ]);
    expect(url('http://')).toEqual(['steps[0].with.url: "http://" is not a URL']);
    expect(found('steps: [{action: http.request, with: {method: "G T", url: "http://x"}}]')).toEqual([
      'E703 1:47',
    ]);
    expect(found('steps: [{action: exec, with: {command: " "}}]')).toEqual(['E703 1:40']);
  });
});
