import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { OrderedOutput } from '../../../src/report/ci/ordered-output.ts';
import { USUAL_SIZE, type Sink } from '../../../src/term/sink.ts';

const MEGABYTE = 1024 * 1024;

interface Reader extends Sink {
  busy: boolean;
  closed: boolean;
  readonly writes: Buffer[];
}

function reader(onWrite: (self: Reader) => void = () => undefined): Reader {
  const self: Reader = {
    isTerminal: false,
    size: USUAL_SIZE,
    closed: false,
    busy: false,
    writes: [],
    write(data) {
      self.writes.push(Buffer.from(data as Uint8Array));
      onWrite(self);
    },
  };
  return self;
}

const textOf = ({ writes }: Reader): string => Buffer.concat(writes).toString();

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'flow-ordered-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  return dir;
}

function scene(out = reader()) {
  const dir = folder();
  const troubles: string[] = [];
  const output = new OrderedOutput(out, systemClock, (message) => troubles.push(message));
  const file = (name: string, content: string | Buffer): string => {
    writeFileSync(join(dir, name), content);
    return join(dir, name);
  };
  return { out, output, file, troubles, dir };
}

test('texts are written at once, and behind a log once it is written', async () => {
  const { out, output, file } = scene();
  const err = reader();
  output.text(err, 'first\n');
  expect(textOf(err)).toBe('first\n');
  output.text(out, 'open\n');
  output.log(file('a', 'one\ntwo'));
  output.text(out, 'close\n');
  output.text(err, 'ended\n');
  output.log(file('b', 'three\n'));
  expect([textOf(out), textOf(err)]).toEqual(['open\n', 'first\n']);
  await output.done();
  expect([textOf(out), textOf(err)]).toEqual(['open\none\ntwo\nclose\nthree\n', 'first\nended\n']);
  output.text(out, 'last\n');
  expect(textOf(out)).toMatch(/last\n$/);
});

test('all bytes of a log come out; writes end with a line, however it is cut into pieces', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(1, 70, 40_000, 65_535, 65_536, 150_000), { maxLength: 5 }),
      async (sizes) => {
        const { out, output, file } = scene();
        const text = sizes.map((size, i) => `${String(i).repeat(size)}\n`).join('');
        output.log(file('log', text));
        await output.done();
        expect(textOf(out)).toBe(text);
        const longest = Math.max(0, ...sizes);
        if (longest < 65_536) expect(out.writes.every((bytes) => bytes.at(-1) === 0x0a)).toBe(true);
      },
    ),
    { numRuns: 30 },
  );
});

test('while the reader is behind nothing is read: memory stays bounded', async () => {
  let waiting = 0;
  let most = 0;
  // Takes a piece at a time, and is behind as soon as it has one.
  const out = reader((self) => {
    waiting += self.writes.splice(0).reduce((sum, bytes) => sum + bytes.length, 0);
    most = Math.max(most, waiting);
    self.busy = true;
    setTimeout(() => {
      waiting = 0;
      self.busy = false;
    });
  });
  const { output, file } = scene(out);
  output.log(file('log', Buffer.alloc(4 * MEGABYTE, 'line\n')));
  await output.done();
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThan(MEGABYTE);
});

test('a reader that has gone ends it, also one that stood still', async () => {
  const out = reader((self) => (self.busy = true));
  const { output, file } = scene(out);
  output.log(file('log', Buffer.alloc(2 * MEGABYTE, 'line\n')));
  output.log(file('other', 'x\n'));
  const done = output.done();
  setTimeout(() => (out.closed = true), 20);
  await done;
  expect(Buffer.concat(out.writes).length).toBeLessThan(MEGABYTE);
});

test('a process that goes on printing does not keep a block open', async () => {
  const { out, output, file, dir } = scene(
    reader((self) => {
      if (self.writes.length < 100) appendFileSync(join(dir, 'log'), 'more\n');
    }),
  );
  output.log(file('log', 'begun\n'));
  await output.done();
  expect(textOf(out)).toBe('begun\n');
});

test('a log that is gone is told of, and what follows is written', async () => {
  const { out, output, dir, troubles } = scene();
  output.log(join(dir, 'missing'));
  output.text(out, 'close\n');
  await output.done();
  expect(textOf(out)).toBe('close\n');
  expect(troubles).toEqual([expect.stringContaining('missing')]);
});

test('on a terminal nothing moves its cursor (RELIABILITY.md F7)', async () => {
  const { out, output, file } = scene({ ...reader(), isTerminal: true });
  output.log(file('log', '\x1b[2Jcleared\r\nlast'));
  await output.done();
  expect(textOf(out)).toBe('cleared\nlast\n');
});
