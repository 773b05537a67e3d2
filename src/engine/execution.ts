import type { Dag } from '../core/dag.ts';
import type { Snapshot } from '../core/records.ts';
import { Attempt } from './attempt.ts';
import { noHeritage } from './heritage.ts';
import type { Heritage } from './heritage.ts';
import type { Journal } from './journal.ts';
import { pause } from './pause.ts';
import { beginNext } from './root-retry.ts';
import type { EngineDeps, Execution, RunOptions } from './types.ts';

/** flow leaves at once, on the third signal: the run is interrupted, its steps go on. */
export class Left extends Error {
  constructor() {
    super('left at once; the run is interrupted');
    this.name = 'Left';
  }
}

/**
 * Drives an attempt in the background, and those that root `retry_policy` lets follow (LANGUAGE.md §13.4), or an
 * answer that came while the run was about to wait (§18.1).
 * `heritage` is what a dead owner left; `stop`: the reason of a stop that it did not survive.
 */
export function execute(
  deps: EngineDeps,
  journal: Journal,
  dag: Dag,
  options: RunOptions,
  heritage: Heritage = noHeritage(),
  stop: string | null = null,
): Execution {
  let attempt = new Attempt(deps, journal, dag, options, 0, heritage);
  if (stop !== null) attempt.stop(stop, false);
  /** An attempt that hears of one is the last; one that came too late for an attempt is for the next. */
  const stops: { reason: string; kill: boolean }[] = [];
  let waiting: AbortController | null = null;
  const runAll = async (): Promise<Snapshot> => {
    let snapshot = await attempt.run();
    for (let retries = 0; snapshot.run.state === 'running';) {
      const { dueAt } = snapshot.run;
      // Without it the next attempt has begun already, by an answer that came in the last moment.
      if (dueAt !== null) {
        retries += 1;
        waiting = new AbortController();
        await pause(deps.clock, dueAt - deps.clock.wall(), waiting.signal);
        await beginNext(deps, journal, dag, stops.length > 0);
        waiting = null;
      }
      attempt = new Attempt(deps, journal, dag, options, retries);
      for (const { reason, kill } of stops) attempt.stop(reason, kill);
      snapshot = await attempt.run();
    }
    return snapshot;
  };
  let signals = 0;
  let leave: (error: Left) => void = () => undefined;
  const left = new Promise<never>((_resolve, reject) => (leave = reject));
  const ended = Promise.race([runAll(), left]);
  return {
    run: journal.snapshot.run.id,
    ended,
    get stopAsked() {
      return signals > 0;
    },
    stop(reason) {
      signals += 1;
      const kill = signals === 2;
      if (signals > 2) leave(new Left());
      else {
        stops.push({ reason, kill });
        if (waiting === null) attempt.stop(reason, kill);
        else waiting.abort();
      }
    },
  };
}
