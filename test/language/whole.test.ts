import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { renderDiagnostics } from '../../src/errors/render.ts';
import { dagOf, found, load, messages, shown } from '../support/diagnose.ts';

const FILE = `# nightly
name: nightly
labels: {team: data}
params: [{who: you}, {name: n, type: integer, default: 3, minimum: 1}, "K=v"]
consts: [{api: https://api.test}, {v: "\${consts.api}/v1"}]
env: &env
  - LOG: \${LOG:-info}
defaults: {retry_policy: {limit: 1, interval_sec: 0.5}}
handler_on:
  exit: {run: 'echo "$FLOW_RUN_STATUS"'}
steps:
  - id: fetch
    action: http.request
    with: {method: GET, url: "\${consts.v}/x", headers: {A: b}, body: {a: [1, ~, true]}}
  - id: build
    depends: [fetch]
    env: [{STATUS: "\${steps.fetch.outputs.status_code}"}]
    run: |
      echo "$STATUS"
      echo "v=1" >> "$FLOW_OUTPUT_FILE"
    outputs: [{name: v, type: json}]
  - [{name: lint it, run: [a, b: c]}, {run: y, continue_on: {exit_code: [1], output: 're:x+'}}]
  - {id: last, depends: build, env: *env, action: log.write, with: {message: "\${steps.build.outputs.v}"}}
---
name: sub
type: chain
steps: [{run: x}]
`;

test('a whole file is clean', () => {
  expect(shown(FILE)).toBe('');
  expect(dagOf(FILE).steps.map((s) => s.label)).toEqual(['fetch', 'build', 'lint it', 'step_4', 'last']);
});

test('errors and warnings come together, in the order of the file', () => {
  const text = 'tags: a\nsteps:\n  - {id: a, run: x, dependz: b}\n  - {id: a, action: nop}\nconsts: 5\n';
  expect(found(text)).toEqual(['W101 1:1', 'E106 3:21', 'E203 4:10', 'E701 4:21', 'E420 5:9']);
  expect(load(text).dag).toBeNull();
});

test('the caret stands under an alias', () => {
  const text = 'steps:\n  - {run: &r none, id: r}\n  - {run: y, depends: *r, timeout_sec: *r}\n';
  expect(shown(text)).toBe(
    [
      'dag.yaml:3:23: error[E212] steps[1].depends: depends on non-existent step "none"',
      '    2 |   - {run: &r none, id: r}',
      '    3 |   - {run: y, depends: *r, timeout_sec: *r}',
      '      |                       ^^',
      'dag.yaml:3:40: error[E108] steps[1].timeout_sec must be number, got text',
      '    2 |   - {run: &r none, id: r}',
      '    3 |   - {run: y, depends: *r, timeout_sec: *r}',
      '      |                                        ^^',
      '',
    ].join('\n'),
  );
});

describe('size (G1, G10)', () => {
  test('5,000 steps in a row', () => {
    const step = (i: number): string =>
      `  - id: s${i}\n    run: echo\n    output: O\n    depends: [${i === 0 ? '' : `s${i - 1}`}]\n` +
      `    env: {A: "${i === 0 ? '' : '${steps.s0.outputs.O}'}"}\n`;
    const text = `steps:\n${Array.from({ length: 5_000 }, (_, i) => step(i)).join('')}`;
    expect(dagOf(text).steps).toHaveLength(5_000);
  });

  test('a chain of 60 diamonds', () => {
    const diamond = (i: number): string =>
      `{id: l${i}, run: x, depends: t${i}}, {id: r${i}, run: x, depends: t${i}}, ` +
      `{id: t${i + 1}, run: x, depends: [l${i}, r${i}], env: {A: "\${steps.t0.outputs.O}"}}`;
    const text = `steps: [{id: t0, run: x, output: O}, ${Array.from({ length: 60 }, (_, i) => diamond(i)).join(', ')}]`;
    expect(dagOf(text).steps).toHaveLength(181);
  });

  test('a cycle through 20,000 steps is one error', () => {
    const steps = Array.from(
      { length: 20_000 },
      (_, i) => `{id: s${i}, run: x, depends: s${(i + 1) % 20_000}}`,
    );
    const [only, ...more] = messages(`steps: [${steps.join(', ')}]`);
    expect(more).toEqual([]);
    expect(only).toContain('s0 → s1 → s2');
  });
});

describe('fuzz: a loader never throws, it says what is wrong', () => {
  const check = (bytes: Uint8Array): void => {
    const result = load('', { bytes });
    const errors = result.diagnostics.filter((d) => d.severity === 'error');
    expect(result.dag === null).toBe(errors.length > 0);
    for (const { span } of result.diagnostics) {
      if (span === undefined) continue;
      expect(span.start).toBeGreaterThanOrEqual(0);
      expect(span.end).toBeGreaterThanOrEqual(span.start);
      expect(span.start).toBeLessThanOrEqual(result.source.text.length);
    }
    renderDiagnostics(result.diagnostics, { color: (_style, text) => text });
  };
  const encoder = new TextEncoder();
  const piece = fc.oneof(
    fc.constantFrom(
      '{',
      '[',
      '- ',
      ': ',
      '\n',
      '  ',
      '&a ',
      '*a',
      '*env',
      '<<: ',
      '~',
      '!!int ',
      '"',
      "'",
      '|\n',
      '\t',
      '\0',
    ),
    fc.constantFrom(
      '---\n',
      '${',
      '${steps.',
      '}',
      'null',
      '1e999',
      '0x',
      '__proto__: ',
      'steps: ',
      'run: ',
      're:(',
    ),
    fc.string({ maxLength: 5 }),
  );

  test('a real file with parts cut out, doubled and put in', () => {
    const edit = fc.record({ at: fc.nat(FILE.length), cut: fc.nat(30), put: piece });
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
        let text = FILE;
        for (const { at, cut, put } of edits) text = text.slice(0, at) + put + text.slice(at + cut);
        check(encoder.encode(text));
      }),
      { numRuns: 1_500 },
    );
  });

  test('values of the wrong kind anywhere', () => {
    const values = [
      '~',
      '[]',
      '{}',
      '[[x]]',
      '{a: {b: c}}',
      '-1',
      '1.5',
      'true',
      '""',
      '"a\\nb"',
      '[~]',
      '{~: ~}',
      '${x',
    ];
    const words = [...FILE.matchAll(/: ([\w.]+)/g)];
    fc.assert(
      fc.property(fc.constantFrom(...words), fc.constantFrom(...values), (word, value) => {
        const start = word.index + 2;
        check(encoder.encode(FILE.slice(0, start) + value + FILE.slice(start + (word[1] ?? '').length)));
      }),
      { numRuns: 500 },
    );
  });

  test('any bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), check), { numRuns: 500 });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => check(encoder.encode(pieces.join('')))),
      {
        numRuns: 1_500,
      },
    );
  });
});
