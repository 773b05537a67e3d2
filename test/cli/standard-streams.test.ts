import { Writable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openStandardSinks } from '../../src/cli/standard-streams.ts';

/** Both streams; `written` lists the writes that each got, in order. */
function streams(isTTY = false) {
  const written: string[] = [];
  const open = (name: string): NodeJS.WriteStream => {
    const stream = new Writable({
      write(chunk: Buffer, _, done) {
        written.push(`${name} ${chunk.length > 100 ? chunk.length : chunk.toString()}`);
        done();
      },
    });
    return Object.assign(stream, { isTTY }) as unknown as NodeJS.WriteStream;
  };
  return { written, ...openStandardSinks(open('out'), open('err')) };
}

test('what is told in one turn is one write, in its order from stream to stream', async () => {
  const { out, err, written } = streams();
  err.write('1\n');
  err.write('2\n');
  out.write(Buffer.from('3\n'));
  out.write('é\n');
  err.write('5\n');
  expect(written).toEqual(['err 1\n2\n', 'out 3\né\n']);
  await nextTurn();
  expect(written.slice(2)).toEqual(['err 5\n']);
  err.write('6\n');
  await nextTurn();
  expect(written.slice(3)).toEqual(['err 6\n']);
});

test('large pieces are not put together, and what waits is bounded', () => {
  const { out, written } = streams();
  out.write('1\n');
  out.write('x'.repeat(10_000));
  expect(written).toEqual(['out 1\n', 'out 10000']);
  for (let i = 0; i < 20; i++) out.write('y'.repeat(8_000));
  expect(written.slice(2)).toEqual(['out 64000', 'out 64000']);
});

test('nothing is left when they are drained', async () => {
  const { out, err, written } = streams();
  err.write('1\n');
  await Promise.all([out.drained(), err.drained()]);
  expect(written).toEqual(['err 1\n']);
});

test('a terminal gets everything at once', () => {
  const { out, err, written } = streams(true);
  err.write('1\n');
  out.write('2\n');
  expect(written).toEqual(['err 1\n', 'out 2\n']);
});
