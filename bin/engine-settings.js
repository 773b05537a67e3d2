// How V8 runs a process that drives runs. By itself it assumes a long life and cores to spare; flow lives beside the steps.
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** By then a DAG is read; a very large one takes longer, and no timer ends while it is read. */
const START_MS = 250;

/** Of both halves of the young generation. */
const LARGEST_YOUNG = 16 * 1024 * 1024;
const LOOK_EVERY_MS = 50;

/** Flags that are set here, as V8 has them by itself. */
const BUDGET = 67_584;
const GROWTH = 2;

export function settleEngine() {
  // The heap is collected when it has doubled; by itself V8 waits until it is four times as large. A step costs what the
  // memory of flow costs: to start a wrapper, the kernel copies the page tables.
  set('heap-growing-percent', 100);
  const reset = process.versions.node.startsWith('20.') ? optimizeLater() : boundYoungGeneration();
  // Code is only taken from the cache under the flags that it was kept with.
  process.prependOnceListener('exit', () => {
    set('heap-growing-percent', 0);
    reset();
  });
}

/**
 * V8 of Node 20 has no quick optimizing compiler. What reads a large DAG is run once, and its slow one would take as
 * long for it as that takes: at first a function is only optimized when it has run ten times as long as by default.
 */
function optimizeLater() {
  const reset = () => set('interrupt-budget', BUDGET);
  set('interrupt-budget', 10 * BUDGET);
  setTimeout(reset, START_MS).unref();
  return reset;
}

/**
 * In newer ones the young generation grows to 64 MB, most of it while a large DAG is read, which leaves little garbage.
 * It grows later, to a quarter of that. Its limit can be given on the command line of Node only, its growth at any time.
 */
function boundYoungGeneration() {
  const reset = () => set('semi-space-growth-factor', GROWTH);
  const stop = () => set('semi-space-growth-factor', 1);
  stop();
  setTimeout(() => {
    reset();
    const look = setInterval(() => {
      if (youngGeneration() < LARGEST_YOUNG) return;
      stop();
      clearInterval(look);
    }, LOOK_EVERY_MS);
    look.unref();
  }, START_MS).unref();
  return reset;
}

function youngGeneration() {
  return getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')?.space_size ?? 0;
}

function set(flag, value) {
  setFlagsFromString(`--${flag}=${value}`);
}
