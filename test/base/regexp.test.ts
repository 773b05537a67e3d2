import { describe, expect, test } from 'vitest';
import { compileRegexp } from '../../src/base/regexp.ts';

function matches(pattern: string, text: string): boolean {
  const regexp = compileRegexp(pattern);
  if ('error' in regexp) throw new Error(regexp.error);
  return regexp.test(text);
}

describe('RE2, unanchored (§1.3)', () => {
  test.each([
    ['b+', 'abc', true],
    ['^b', 'abc', false],
    ['^a.c$', 'a💩c', true],
    ['^\\d{4}-\\d{2}$', '2026-01', true],
    ['(?i)ABC', 'xabcx', true],
    ['a.c', 'a\nc', false],
    ['(?m)^c$', 'a\nc', true],
    ['\\p{Greek}', 'α', true],
    ['', '', true],
  ])('%s on %j', (pattern, text, expected) => {
    expect(matches(pattern, text)).toBe(expected);
  });

  test.each([
    ['(', 'missing closing )'],
    ['a**', 'invalid nested repetition operator'],
    ['(?=x)', 'invalid or unsupported Perl syntax'],
    ['(?<=x)', 'invalid'],
    ['(a)\\1', 'invalid escape sequence'],
    ['[z-a]', 'invalid character class range'],
    ['('.repeat(100_000) + ')'.repeat(100_000), 'nests too deeply'],
  ])('%.20s is refused with a reason', (pattern, reason) => {
    const regexp = compileRegexp(pattern);
    expect(regexp).toHaveProperty('error');
    expect('error' in regexp ? regexp.error : '').toContain(reason);
    expect('error' in regexp ? regexp.error : '').not.toContain('error parsing');
  });

  test('a pattern that makes backtracking engines hang is answered', () => {
    expect(matches('(a*)*(a|aa)+$', `${'a'.repeat(50_000)}b`)).toBe(false);
  });
});
