import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formsOf, isMaskable } from '../../src/core/mask-forms.ts';
import { maskerOf } from '../../src/core/mask.ts';
import type { Masker } from '../../src/core/mask.ts';

/** A stream cut at these places, put together again. */
function through(masker: Masker, bytes: Uint8Array, cuts: readonly number[]): Buffer {
  const stream = masker.stream();
  const places = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])];
  places.sort((a, b) => a - b);
  const parts = places.slice(1).map((end, i) => stream.push(bytes.subarray(places[i], end)));
  return Buffer.concat([...parts, stream.end()]);
}

function masker(...values: string[]): Masker {
  const found = maskerOf(values);
  if (found === null) throw new Error('nothing to mask');
  return found;
}

/** Few letters, so that secrets overlap each other and themselves. */
const secret = fc.string({
  unit: fc.constantFrom('a', 'b', 'c', ' ', '\n', 'é'),
  minLength: 4,
  maxLength: 9,
});
const secrets = fc.array(secret, { minLength: 1, maxLength: 4 }).filter((all) => maskerOf(all) !== null);
const cuts = fc.array(fc.nat(400), { maxLength: 12 });

describe('masking a stream (LANGUAGE.md §10, H6)', () => {
  test('no form of a secret is left, however the text is cut, and the cuts make no difference', () => {
    fc.assert(
      fc.property(secrets, fc.infiniteStream(fc.nat(1000)), cuts, (values, numbers, places) => {
        const forms = values.flatMap(formsOf);
        const pieces = ['a', 'b', 'ab', 'c ', '\n', 'é', ...forms];
        let text = '';
        for (const n of numbers) {
          text += pieces[n % pieces.length] ?? '';
          if (text.length > 200) break;
        }
        const bytes = Buffer.from(text);
        const whole = masker(...values);
        const masked = through(whole, bytes, places);
        for (const form of forms) expect(masked.includes(form)).toBe(false);
        expect(masked).toEqual(through(whole, bytes, []));
        expect(masked.toString()).toBe(whole.text(text));
      }),
      { numRuns: 2_000 },
    );
  });

  test('byte by byte', () => {
    const bytes = Buffer.from('x hunter22 y hunter2 hunter22hunter22');
    const all = bytes.map((_, i) => i);
    expect(through(masker('hunter22'), bytes, [...all]).toString()).toBe('x *** y hunter2 ******');
  });

  test('F6: bytes without secrets stay as they are, also invalid UTF-8', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), cuts, (bytes, places) => {
        const text = Buffer.from(bytes);
        const values = masker('never in here, not once');
        expect(through(values, bytes, places)).toEqual(text);
      }),
    );
    const all = Uint8Array.from({ length: 65_536 }, (_, i) => (i * 7) & 255);
    const sha = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');
    expect(sha(through(masker('secret word'), all, [1, 255, 256, 65_535]))).toBe(sha(all));
  });

  test('secrets that overlap are one mask, secrets beside each other are two', () => {
    expect(masker('aaaa').text('aaaaaaaaaa')).toBe('***');
    expect(masker('abcd', 'cdef').text('-abcdef-')).toBe('-***-');
    expect(masker('abcd', 'efgh').text('-abcdefgh-')).toBe('-******-');
    expect(masker('abcd', 'xabcdy').text('xabcdy xabcdz')).toBe('*** x***z');
  });

  test('what is held back is never longer than the longest form, and no secret is held for ever', () => {
    const stream = masker('aaaa').stream();
    let out = 0;
    const chunk = new Uint8Array(1000).fill(0x61);
    for (let i = 0; i < 100; i++) out += stream.push(chunk).length;
    expect(out).toBe(3);
    expect(Buffer.concat([stream.push(Buffer.from('b')), stream.end()]).toString()).toBe('b');
  });
});

describe('forms of a secret', () => {
  const value = 'p@ss/w+rd "é" 1';
  const bytes = Buffer.from(value);

  test('base64 at every place in the encoded text, both alphabets', () => {
    const mask = masker('hunter22-hunter22');
    for (const before of ['', 'x', 'xy', 'xyz', 'user:']) {
      for (const after of ['', '\n', 'zz', ':end']) {
        for (const encoding of ['base64', 'base64url'] as const) {
          const encoded = Buffer.from(`${before}hunter22-hunter22${after}`).toString(encoding);
          const masked = mask.text(encoded);
          expect(masked).toContain('***');
          // A digit or two at each side are shared with the neighbours.
          const rest = encoded.length - masked.length + 3;
          expect(rest).toBeGreaterThanOrEqual(20);
        }
      }
    }
    expect(mask.text(Buffer.from('hunter22-hunter22').toString('base64'))).toBe('***');
  });

  test('URL-encoded and as JSON', () => {
    const mask = masker(value);
    const lower = encodeURIComponent(value).replace(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase());
    for (const form of [
      value,
      bytes.toString('base64'),
      encodeURIComponent(value),
      lower,
      new URLSearchParams({ v: value }).toString().slice(2),
      JSON.stringify(value).slice(1, -1),
      JSON.stringify(value).slice(1, -1).replace('é', '\\u00e9'),
    ]) {
      expect(mask.text(`<${form}>`)).toBe('<***>');
    }
  });

  test('each line of several, whatever stands around it', () => {
    const mask = masker('-----BEGIN\n  first line\r\nsecond line\nx\n');
    expect(mask.text('first line | second line | x')).toBe('*** | *** | x');
    expect(mask.text('echo second line')).toBe('echo ***');
  });

  test('W303: what is shorter than 4 characters is not masked', () => {
    expect(['', 'abc', 'éßü', '🙂🙂🙂', '      ', 'a\nb'].map(isMaskable)).toEqual([
      ...[false, false, false, false, false, false],
    ]);
    expect(['abcd', '🙂🙂🙂🙂', 'a\nbcde'].map(isMaskable)).toEqual([true, true, true]);
    expect(maskerOf(['abc', ''])).toBeNull();
  });
});
