import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { logBytes, tailStart } from '../../src/report/log-files.ts';

let dir: string;
beforeAll(() => void (dir = mkdtempSync(join(tmpdir(), 'flow-logs-'))));
afterAll(() => rmSync(dir, { recursive: true }));

function lastLines(text: string, count: number): string {
  const path = join(dir, 'log');
  writeFileSync(path, text);
  return Buffer.concat([...logBytes(path, tailStart(path, count))]).toString();
}

test('the last lines of a log, as tail -n gives them (flow logs --tail)', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('a', '\n', 'bc\n')), fc.nat(6), (parts, count) => {
      const text = parts.join('');
      const lines = text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
      expect(lastLines(text, count)).toBe(count === 0 ? '' : lines.slice(-count).join(''));
    }),
  );
});

test('lines longer than the piece that is read at once', () => {
  const long = 'x'.repeat(100_000);
  expect(lastLines(`first\n${long}\nlast\n`, 2)).toBe(`${long}\nlast\n`);
  expect(lastLines(`${long}\n`.repeat(3), 1)).toBe(`${long}\n`);
});
