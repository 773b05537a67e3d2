import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LineCutter } from '../../src/report/lines.ts';

function cut(chunks: readonly Uint8Array[]): Buffer[] {
  const lines: Buffer[] = [];
  const cutter = new LineCutter();
  for (const chunk of chunks) cutter.push(chunk, (line) => void lines.push(Buffer.from(line)));
  cutter.flush((line) => void lines.push(Buffer.from(line)));
  return lines;
}

describe('lines of a stream', () => {
  test('however it is cut into chunks, the lines are the same', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', 'é', '日', '\n', '\r\n')),
        fc.array(fc.nat(20)),
        (parts, cuts) => {
          const bytes = Buffer.from(parts.join(''));
          const places = cuts.filter((at) => at <= bytes.length).sort((a, b) => a - b);
          const chunks = [0, ...places].map((at, i, all) => bytes.subarray(at, all[i + 1] ?? bytes.length));
          const text = bytes.toString();
          const expected = text.endsWith('\n') ? text.slice(0, -1).split('\n') : text.split('\n');
          expect(cut(chunks).map(String)).toEqual(text === '' ? [] : expected);
        },
      ),
    );
  });

  test('a line without end is given out in pieces of at most 64 KiB that cut no character (F5)', () => {
    const text = '日'.repeat(50_000);
    const lines = cut([Buffer.from(text)]);
    expect(lines.every((line) => line.length <= 65_536)).toBe(true);
    expect(lines.map(String).join('')).toBe(text);
    expect(lines.some((line) => line.toString().includes('\ufffd'))).toBe(false);
  });

  test('bytes that are no UTF-8 do not stop it', () => {
    const bytes = Buffer.alloc(200_000, 0x80);
    expect(Buffer.concat(cut([bytes])).equals(bytes)).toBe(true);
  });
});
