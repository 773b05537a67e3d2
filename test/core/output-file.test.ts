import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { OutputDeclaration } from '../../src/core/dag.ts';
import { captureOutput, parseOutputFile } from '../../src/core/output-file.ts';

const MIB = 1024 * 1024;

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function strings(...names: string[]): OutputDeclaration[] {
  return names.map((name) => ({ name, type: 'string' }));
}

function values(text: string, declarations: OutputDeclaration[], limit = MIB): Record<string, string> {
  const parsed = parseOutputFile(bytes(text), declarations, limit);
  if ('error' in parsed) throw new Error(parsed.error.message);
  return Object.fromEntries(Object.entries(parsed.outputs).map(([name, value]) => [name, value.text]));
}

function problem(content: string | Uint8Array, declarations: OutputDeclaration[], limit = MIB): string {
  const parsed = parseOutputFile(typeof content === 'string' ? bytes(content) : content, declarations, limit);
  return 'error' in parsed ? `${parsed.error.code} ${parsed.error.message}` : 'no problem';
}

describe('records (§11.2)', () => {
  test.each([
    ['a=1\n', '1'],
    ['a=1', '1'],
    ['a=', ''],
    ['a=b=c', 'b=c'],
    ['a=x<<y', 'x<<y'],
    ['a= 1 \n', ' 1 '],
    ['a=1\r\n', '1'],
    ['\uFEFFa=1\n', '1'],
    ['a<<EOT\nEOT\n', ''],
    ['a<<EOT\none\n\n two=2\nEOT', 'one\n\n two=2'],
    ['a<<EOT\r\none\r\ntwo\r\nEOT\r\n', 'one\ntwo'],
    ['a<<_x1\nEOT\n_x1\n', 'EOT'],
    ['a<<EOT\n EOT\nEOTS\nEOT\n', ' EOT\nEOTS'],
    ['a=mid\rdle', 'mid\rdle'],
    ['a=💩\u2028é', '💩\u2028é'],
  ])('%j', (text, value) => {
    expect(values(text, strings('a'))).toEqual({ a: value });
  });

  test('several records in any order, names that are also names of objects', () => {
    const text = 'toString=1\nconstructor<<X\n2\nX\nz=3\n';
    expect(values(text, strings('z', 'constructor', 'toString'))).toEqual({
      toString: '1',
      constructor: '2',
      z: '3',
    });
  });

  test('json keeps the text exactly as it was emitted (§8.1)', () => {
    const text = 'a= {"b": 1.10,\t"c":12345678901234567890} \nb<<E\n[\n1 ]\nE\n';
    const parsed = parseOutputFile(
      bytes(text),
      [
        { name: 'a', type: 'json' },
        { name: 'b', type: 'json' },
      ],
      MIB,
    );
    expect(parsed).toEqual({
      outputs: {
        a: { type: 'json', text: ' {"b": 1.10,\t"c":12345678901234567890} ' },
        b: { type: 'json', text: '[\n1 ]' },
      },
    });
  });

  test('an empty file is right for a step that declares nothing', () => {
    expect(values('', [])).toEqual({});
  });
});

describe('problems (§11.7)', () => {
  test.each([
    ['', ['a'], 'R501 output "a" was declared but not emitted'],
    ['b=1', ['a', 'b'], 'R501 output "a" was declared but not emitted'],
    ['a=1\na=1', ['a'], 'R501 output "a" was emitted twice'],
    ['a=1\na<<E\n2\nE', ['a'], 'R501 output "a" was emitted twice'],
    ['a=1\nc=2', ['a'], 'R501 undeclared step output "c"'],
    ['a =1', ['a'], 'R501 undeclared step output "a "'],
    ['x=1', [], 'R501 undeclared step output "x"'],
    ['__proto__=1', [], 'R501 undeclared step output "__proto__"'],
    ['a=1\n\n', ['a'], 'R502 output file: line 2: blank line outside a block'],
    ['\n', [], 'R502 output file: line 1: blank line outside a block'],
    ['a=1\n  \n', ['a'], 'R502 output file: line 2: blank line outside a block'],
    ['a=1\nhello', ['a'], 'R502 output file: line 2: no "=", expected name=value or name<<DELIM'],
    ['=1', ['a'], 'R502 output file: line 1: no name before "="'],
    ['<<E\nE', ['a'], 'R502 output file: line 1: no name before "<<"'],
    ['a<<\n', ['a'], 'R502 output file: line 1: the word after "<<" must be a name such as EOT'],
    ['a<<E T\nE T', ['a'], 'R502 output file: line 1: the word after "<<" must be a name such as EOT'],
    ['b=1\na<<EOT\nx\ny\n', ['a', 'b'], 'R502 output file: line 2: unclosed block, expected a line "EOT"'],
    ['a<<E\nx\nE ', ['a'], 'R502 output file: line 1: unclosed block, expected a line "E"'],
  ])('%j with %j', (text, names, expected) => {
    expect(problem(text, strings(...names))).toBe(expected);
  });

  test('not UTF-8, with the line', () => {
    const content = Uint8Array.from([...bytes('a=1\nb='), 0xff, ...bytes('\nc=1\n')]);
    expect(problem(content, strings('a', 'b', 'c'))).toBe('R502 output file: line 2: not UTF-8');
    expect(problem(bytes('a=é').slice(0, -1), strings('a'))).toBe('R502 output file: line 1: not UTF-8');
  });

  test('invalid JSON names the output and shows nothing of it', () => {
    expect(problem('a={"token": hunter2}', [{ name: 'a', type: 'json' }])).toBe(
      'R502 output "a": invalid JSON',
    );
    expect(problem('a=', [{ name: 'a', type: 'json' }])).toBe('R502 output "a": invalid JSON');
  });

  test('the limit counts the bytes of one output (§11.6)', () => {
    expect(problem('a=1234\nb=1234', strings('a', 'b'), 4)).toBe('no problem');
    expect(problem('a=12345', strings('a'), 4)).toBe('R503 output "a" exceeded maximum size of 4 bytes');
    expect(problem('a=éé', strings('a'), 4)).toBe('no problem');
    expect(problem('a=ééx', strings('a'), 4)).toBe('R503 output "a" exceeded maximum size of 4 bytes');
    expect(problem('a<<E\n12\n45\nE', strings('a'), 4)).toBe(
      'R503 output "a" exceeded maximum size of 4 bytes',
    );
  });
});

describe('round trip', () => {
  const text = fc.string({ unit: 'grapheme' }).map((value) => value.replaceAll('\r\n', '\n'));

  test('whatever is written in blocks is read back', () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        const file = `a<<END_a\n${a}\nEND_a\nb<<END_b\n${b}\nEND_b\n`;
        const expected = { a, b };
        fc.pre(![a, b].some((value) => value.includes('\r')));
        expect(values(file, strings('a', 'b'))).toEqual(expected);
      }),
    );
  });

  test('any bytes are taken or refused, never thrown at', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (content) => {
        expect(() => parseOutputFile(content, strings('a'), MIB)).not.toThrow();
      }),
    );
  });
});

describe('output: NAME (§11.3)', () => {
  test('is standard output without white space around it', () => {
    const captured = captureOutput(bytes(' \n one\r\n two \n\n'), 'NAME', MIB);
    expect(captured).toEqual({ value: { type: 'string', text: 'one\r\n two' } });
    expect(captureOutput(bytes(''), 'NAME', MIB)).toEqual({ value: { type: 'string', text: '' } });
  });

  test('the limit counts what is left', () => {
    expect(captureOutput(bytes('  1234\n'), 'NAME', 4)).toEqual({ value: { type: 'string', text: '1234' } });
    expect(captureOutput(bytes('12345\n'), 'NAME', 4)).toEqual({
      error: { code: 'R503', message: 'output "NAME" exceeded maximum size of 4 bytes' },
    });
  });
});
