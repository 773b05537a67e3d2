import type { Dag } from '../core/dag.ts';
import { Attempt } from './attempt.ts';
import type { Journal } from './journal.ts';
import type { EngineDeps, Execution, RunOptions } from './types.ts';

/** flow leaves at once, on the third signal: the run is interrupted, its steps go on. */
export class Left extends Error {
  constructor() {
    super('left at once; the run is interrupted');
    this.name = 'Left';
  }
}

/** Drives an attempt in the background. `prepare` attaches what a dead owner left, before the first step. */
export function execute(
  deps: EngineDeps,
  journal: Journal,
  dag: Dag,
  options: RunOptions,
  prepare: (attempt: Attempt) => void = () => undefined,
): Execution {
  const attempt = new Attempt(deps, journal, dag, options);
  prepare(attempt);
  let signals = 0;
  let leave: (error: Left) => void = () => undefined;
  const left = new Promise<never>((_resolve, reject) => (leave = reject));
  const ended = Promise.race([attempt.run(), left]);
  return {
    run: journal.snapshot.run.id,
    ended,
    get stopAsked() {
      return signals > 0;
    },
    stop(reason) {
      signals += 1;
      if (signals > 2) leave(new Left());
      else attempt.stop(reason, signals === 2);
    },
  };
}
