import { describe, expect, test } from 'vitest';
import type { Diagnostic, Source } from '../../src/errors/diagnostic.ts';
import { diagnosticsToJson, renderDiagnostics } from '../../src/errors/render.ts';

const source = (text: string): Source => ({ file: 'f.yaml', text });

/** A diagnostic under the first occurrence of `part`. */
function under(text: string, part: string, more: Partial<Diagnostic> = {}): Diagnostic {
  const start = text.indexOf(part);
  const span = { source: source(text), start, end: start + part.length };
  return { code: 'E999', severity: 'error', message: 'm', span, ...more };
}

const render = (...list: Diagnostic[]): string => renderDiagnostics(list, { color: (_style, text) => text });

describe('text (§2.5)', () => {
  test('nothing for nothing', () => {
    expect(render()).toBe('');
  });

  test('without a place: title and hint only', () => {
    expect(
      render({ code: 'E002', severity: 'error', message: 'DAG "x" not found', hint: 'look there' }),
    ).toBe('error[E002] DAG "x" not found\nhint: look there\n');
  });

  test('tabs are shown as spaces, the caret stays under its range', () => {
    expect(render(under('a:\n\tb:\tword x', 'word'))).toBe(
      ['f.yaml:2:5: error[E999] m', '    1 | a:', '    2 |     b:  word x', '      |         ^^^^', ''].join(
        '\n',
      ),
    );
  });

  test('wide characters take two columns, combining marks none; columns count code points', () => {
    expect(render(under('名前: é🙂 x', 'x'))).toBe(
      ['f.yaml:1:8: error[E999] m', '    1 | 名前: é🙂 x', '      |           ^', ''].join('\n'),
    );
    expect(render(under('a: 名前 x', '名前'))).toContain('\n      |    ^^^^\n');
    expect(render(under('a: e\u0301 x', 'x'))).toContain('\n      |      ^\n');
  });

  test('a range over lines ends with the first, an empty one has one caret, CRLF is no column', () => {
    expect(render(under('a: |\r\n  b\r\nc', '|\r\n  b'))).toContain('    1 | a: |\n      |    ^\n');
    const text = 'a:\nb';
    const empty = { source: source(text), start: 2, end: 2 };
    expect(render(under(text, 'a', { span: empty }))).toContain('    1 | a:\n      |   ^\n');
    const end = { source: source('a: 1\n'), start: 5, end: 5 };
    expect(render(under('a', 'a', { span: end }))).toBe(
      'f.yaml:2:1: error[E999] m\n    1 | a: 1\n    2 |\n      | ^\n',
    );
  });

  test('the line before is left out when it is blank', () => {
    expect(render(under('\nx', 'x'))).toBe('f.yaml:2:1: error[E999] m\n    2 | x\n      | ^\n');
  });

  test('controls and reordering characters do not reach the terminal (J)', () => {
    const out = render(under('a: \x1b[31mred\u202e x', 'x', { message: 'bad \x1b]0;t\x07' }));
    expect(out).not.toMatch(/[\x1b\x07\u202e]/);
    expect(out).toContain('␛[31mred');
  });

  test('long lines are shown around the place', () => {
    const text = `${'a'.repeat(1000)}HERE${'b'.repeat(1000)}`;
    const [, line = '', carets = ''] = render(under(text, 'HERE')).split('\n');
    expect(line.length).toBeLessThan(230);
    expect(line.indexOf('HERE')).toBe(carets.indexOf('^'));
    expect(carets.trimEnd().endsWith('|' + ' '.repeat(carets.indexOf('^') - 7) + '^^^^')).toBe(true);
  });

  test('related places and warnings', () => {
    const text = 'a: 1\nb: 2\n';
    const related = [{ message: 'first here', span: { source: source(text), start: 0, end: 1 } }];
    expect(render(under(text, 'b', { severity: 'warning', related, hint: 'choose one' }))).toBe(
      [
        'f.yaml:2:1: warning[E999] m',
        '    1 | a: 1',
        '    2 | b: 2',
        '      | ^',
        'f.yaml:1:1: note: first here',
        '    1 | a: 1',
        '      | ^',
        'hint: choose one',
        '',
      ].join('\n'),
    );
  });

  test('colours go around what they stand for', () => {
    const colored = renderDiagnostics([under('a', 'a', { hint: 'h' })], {
      color: (style, text) => `<${style}:${text}>`,
    });
    expect(colored).toBe(
      '<place:f.yaml:1:1>: <error:error[E999]> m\n<dim:    1 |> a\n<dim:      |> <caret:^>\n<hint:hint:> h\n',
    );
  });
});

test('JSON has every field (§2.5)', () => {
  expect(
    diagnosticsToJson([
      under('a: 🙂x', 'x', { path: 'a', hint: 'h' }),
      { code: 'E002', severity: 'error', message: 'm' },
    ]),
  ).toEqual([
    {
      code: 'E999',
      severity: 'error',
      file: 'f.yaml',
      line: 1,
      column: 5,
      path: 'a',
      message: 'm',
      hint: 'h',
    },
    {
      code: 'E002',
      severity: 'error',
      file: null,
      line: null,
      column: null,
      path: null,
      message: 'm',
      hint: null,
    },
  ]);
});
