import { expect, test } from 'vitest';
import { echo } from '../../src/engine/echo.ts';

/** A log in memory; `opened` lists from where it was read. */
function scene() {
  let log = Buffer.alloc(0);
  const opened: number[] = [];
  const shown = echo((after) => {
    opened.push(after);
    let at = after;
    return {
      read(limit) {
        const bytes = log.subarray(at, at + limit);
        at += bytes.length;
        return bytes.length === 0 ? null : bytes;
      },
      close: () => opened.push(-1),
    };
  });
  const write = (text: string): void => {
    log = Buffer.concat([log, Buffer.from(text)]);
    shown.wrote(text);
  };
  const readAll = (limit: number): string => {
    let text = '';
    for (let part = shown.tail.read(limit); part !== null; part = shown.tail.read(limit)) {
      expect(part.length).toBeLessThanOrEqual(limit);
      text += Buffer.from(part).toString('latin1');
    }
    return text;
  };
  return { write, readAll, opened, close: () => shown.tail.close() };
}

test('what was written is shown without reading it, in pieces of the size that is asked for', () => {
  const { write, readAll, opened, close } = scene();
  write('one ');
  write('two ');
  expect(readAll(3)).toBe('one two ');
  write('three');
  expect(readAll(100)).toBe('three');
  expect(readAll(100)).toBe('');
  close();
  expect(opened).toEqual([]);
});

test('what is more than is kept is read from the log, behind what was shown', () => {
  const { write, readAll, opened, close } = scene();
  write('shown ');
  expect(readAll(100)).toBe('shown ');
  write('kept ');
  write('x'.repeat(70_000));
  write('later');
  expect(readAll(1_000)).toBe(`kept ${'x'.repeat(70_000)}later`);
  close();
  expect(opened).toEqual([6, -1]);
});
