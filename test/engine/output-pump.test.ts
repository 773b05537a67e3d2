import { expect, test } from 'vitest';
import type { Observer, OutputChunk } from '../../src/core/observer.ts';
import { OutputPump } from '../../src/engine/output-pump.ts';
import type { RunFiles } from '../../src/engine/types.ts';
import type { Tail } from '../../src/process/processes.ts';
import { systemClock } from '../../src/base/clock.ts';
import { replay, created, started } from '../support/events.ts';

/** A log of `chunks` pieces, and an observer whose reader stands still until it is let go. */
function scene(chunks: number) {
  const seen: string[] = [];
  let left = chunks;
  const tail: Tail = { read: () => (left-- > 0 ? new Uint8Array(1) : null), close: () => undefined };
  const observer: Observer & { busy: boolean } = {
    busy: false,
    nested: () => observer,
    event: () => seen.push('event'),
    output: (chunk: OutputChunk) => seen.push(`${chunk.label} ${chunk.stream}`),
  };
  // The pump opens tails and nothing else.
  const files = { tail: () => tail } as Pick<RunFiles, 'tail'> as RunFiles;
  const pump = new OutputPump(systemClock, files, observer);
  pump.follow({ run: 'r', step: 1, label: 'one', item: null, attempt: 1, try: 1 }, '/log', '/log');
  return { pump, observer, seen };
}

const snapshot = replay([created(['one']), started()]);
const entry = { seq: 1, run: 'r', event: started() };

test('all output of a try is shown before the event of its end', async () => {
  const { pump, seen } = scene(40);
  await pump.finish(1);
  pump.event(entry, snapshot);
  await pump.close();
  expect(seen).toEqual([...Array<string>(40).fill('one stdout'), 'event']);
});

test('a reader that stands still holds up nothing but the showing, and nothing is lost or out of order', async () => {
  const { pump, observer, seen } = scene(5);
  observer.busy = true;
  // The end of the try may be recorded although nothing was shown.
  await pump.finish(1);
  pump.event(entry, snapshot);
  expect(seen).toEqual([]);
  observer.busy = false;
  await pump.close();
  expect(seen).toEqual([...Array<string>(5).fill('one stdout'), 'event']);
});

test('for an observer that takes no output nothing is read; that a log is too large is noticed all the same', async () => {
  const seen: string[] = [];
  let size = 10;
  const observer: Observer = {
    busy: false,
    ignoresOutput: true,
    nested: () => observer,
    event: () => seen.push('event'),
    output: () => seen.push('output'),
  };
  const tail: Tail = { read: () => new Uint8Array(1), close: () => seen.push('close') };
  const files = { tail: () => tail, size: () => size } as Partial<RunFiles> as RunFiles;
  const pump = new OutputPump(systemClock, files, observer);
  const facts = { run: 'r', step: 1, label: 'one', item: null, attempt: 1, try: 1 };
  pump.follow(facts, '/log', '/log', { most: 10, onLarge: (stream) => seen.push(`large ${stream}`) });
  pump.follow({ ...facts, step: 2 }, '/log', '/log', { most: 10, onLarge: () => seen.push('large') });
  await pump.finish(2);
  expect(seen).toEqual(['close']);
  size = 11;
  await pump.finish(1);
  pump.event(entry, snapshot);
  expect(seen).toEqual(['close', 'large stdout', 'close', 'event']);
});
