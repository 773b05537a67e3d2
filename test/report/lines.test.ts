import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lastLinesOf, LineCutter, linesOf, prefixed } from '../../src/report/lines.ts';

function cut(chunks: readonly Uint8Array[]): Buffer[] {
  const lines: Buffer[] = [];
  const cutter = new LineCutter();
  for (const chunk of chunks) cutter.push(chunk, (line) => void lines.push(Buffer.from(line)));
  cutter.flush((line) => void lines.push(Buffer.from(line)));
  return lines;
}

/** The same by whole blocks. */
function cutBlocks(chunks: readonly Uint8Array[]): Buffer {
  const blocks: Buffer[] = [];
  const cutter = new LineCutter();
  for (const chunk of chunks) cutter.pushBlocks(chunk, (block) => void blocks.push(Buffer.from(block)));
  cutter.flush((line) => void blocks.push(Buffer.from(line), Buffer.from('\n')));
  return Buffer.concat(blocks);
}

const joined = (lines: readonly Uint8Array[]): Buffer =>
  Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')]));

describe('blocks of whole lines', () => {
  test('are the lines one by one, however long and however cut', () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 12 }),
      fc.constantFrom('\n', '\n\n', 'one\ntwo\n').map((text) => new Uint8Array(Buffer.from(text))),
      fc.nat(140_000).map((length) => new Uint8Array(Buffer.alloc(length, 'é'))),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (chunks) => {
        // Where a line without end is cut depends on where a chunk begins: no chunk is larger than a piece of a line.
        const small = chunks.flatMap((chunk) =>
          [0, 65_536, 131_072]
            .map((at) => chunk.subarray(at, at + 65_536))
            .filter(({ length }) => length > 0),
        );
        expect(cutBlocks(small).equals(joined(cut(small)))).toBe(true);
      }),
    );
  });

  test('get a prefix before each line, byte for byte', () => {
    const blocks = [Buffer.from([0xff, 0x0a, 0x0a, 0x00, 0x0a]), Buffer.from('日 $& \r\n')];
    for (const prefix of ['$& $1 $$ │ ', 'a\\ │ ', '']) {
      const lines = blocks.flatMap(linesOf).map((line) => Buffer.concat([Buffer.from(prefix), line]));
      expect(Buffer.from(prefixed(blocks, prefix)).equals(joined(lines))).toBe(true);
    }
  });

  test('have last lines', () => {
    const last = (text: string, most: number): string[] => lastLinesOf(Buffer.from(text), most).map(String);
    expect(last('a\nb\nc\n', 2)).toEqual(['b', 'c']);
    expect(last('a\nb\n', 5)).toEqual(['a', 'b']);
    expect(last('\n\nb\n', 2)).toEqual(['', 'b']);
    expect(last('\n\nb\n', 9)).toEqual(['', '', 'b']);
    expect(last('\n', 1)).toEqual(['']);
    expect(last('', 3)).toEqual([]);
  });
});

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
