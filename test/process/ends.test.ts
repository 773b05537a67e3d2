import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { Ends } from '../../src/process/ends.ts';
import { manualClock } from '../support/manual-clock.ts';

/** Tries by number; `told` lists whose ends were passed on, those of one commit together. */
function setUp() {
  const clock = manualClock();
  const ends = new Ends(clock);
  const told: number[][] = [];
  let last: number[] | null = null;
  const wrappers = Array.from({ length: 10 }, () => ({}));
  const tell = (n: number) => (): void => {
    if (last === null) {
      told.push((last = []));
      // What is passed on together comes without a turn of the loop between.
      queueMicrotask(() => (last = null));
    }
    last.push(n);
  };
  return {
    told,
    begin: (...all: number[]): void => all.forEach((n) => ends.began(wrappers[n] ?? {})),
    end: async (...all: number[]): Promise<void> => {
      for (const n of all) ends.ended(wrappers[n] ?? {}, tell(n));
      await nextTurn();
    },
    after: (ms: number): void => clock.advance(ms),
  };
}

describe('ends of tries are passed on together', () => {
  test('at once where nothing else runs, or only what has run for long', async () => {
    const { begin, end, after, told } = setUp();
    begin(0, 1, 2, 3);
    after(1_000);
    for (const n of [4, 5, 6]) {
      begin(n);
      after(8);
      await end(n);
    }
    expect(told).toEqual([[4], [5], [6]]);
  });

  test('those of one turn of the loop', async () => {
    const { begin, end, told } = setUp();
    begin(0, 1, 2);
    await end(0, 2);
    expect(told).toEqual([[0, 2]]);
  });

  test('while most of what runs began lately: when enough have ended', async () => {
    const { begin, end, after, told } = setUp();
    begin(0, 1, 2, 3, 4);
    after(8);
    await end(0);
    await end(1);
    await end(2);
    expect(told).toEqual([]);
    await end(3);
    expect(told).toEqual([[0, 1, 2, 3]]);
    await end(4);
    expect(told).toEqual([[0, 1, 2, 3], [4]]);
  });

  test('and after half of the time that a try takes, if the others take longer', async () => {
    const { begin, end, after, told } = setUp();
    begin(0, 1, 2, 3, 4);
    after(8);
    await end(0);
    after(3);
    expect(told).toEqual([]);
    after(1);
    expect(told).toEqual([[0]]);
    after(100);
    await end(1);
    expect(told).toEqual([[0], [1]]);
  });

  test('never later than 10 ms, and at once when a try takes less than two', async () => {
    const { begin, end, after, told } = setUp();
    begin(0, 1, 2, 3);
    after(1_000);
    await end(0);
    after(10);
    expect(told).toEqual([[0]]);
    const short = setUp();
    short.begin(0, 1, 2, 3);
    short.after(1);
    await short.end(0);
    expect(short.told).toEqual([[0]]);
  });

  test('a wrapper that was killed is not waited for', async () => {
    const clock = manualClock();
    const ends = new Ends(clock);
    const [one, other] = [{}, {}];
    ends.began(one);
    ends.began(other);
    clock.advance(8);
    ends.forget(other);
    let told = false;
    ends.ended(one, () => (told = true));
    await nextTurn();
    expect(told).toBe(true);
  });
});
