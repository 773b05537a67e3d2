import type { Dag } from '../core/dag.ts';
import type { Snapshot } from '../core/records.ts';
import { Attempt } from './attempt.ts';
import { noHeritage } from './heritage.ts';
import type { Heritage } from './heritage.ts';
import type { Journal } from './journal.ts';
import { pause } from './pause.ts';
import { Requests } from './requests.ts';
import { beginNext } from './root-retry.ts';
import type { EngineDeps, Execution, RunOptions } from './types.ts';

/** flow leaves at once, on the third signal: the run is interrupted, its steps go on. */
export class Left extends Error {
  constructor() {
    super('left at once; the run is interrupted');
    this.name = 'Left';
  }
}

/** A stop that a dead owner began, or that somebody else has just asked for. */
export interface BegunStop {
  readonly reason: string;
  readonly kill: boolean;
}

/**
 * Drives an attempt in the background, and those that root `retry_policy` lets follow (LANGUAGE.md §13.4), or an
 * answer that came while the run was about to wait (§18.1). `heritage` is what a dead owner left.
 */
export function execute(
  deps: EngineDeps,
  journal: Journal,
  dag: Dag,
  options: RunOptions,
  heritage: Heritage = noHeritage(),
  begun: BegunStop | null = null,
): Execution {
  const driver = new Driver(deps, journal, dag, options, heritage);
  if (begun !== null) driver.attempt.stop(begun.reason, begun.kill);
  const requests = new Requests(deps, journal, {
    stop: (reason, force) => driver.request(reason, force),
    answered: (answers) => driver.attempt.answered(answers),
    fault: (error) => driver.giveUp(error),
  });
  const ended = Promise.race([driver.runAll(), driver.givenUp]).finally(() => requests.close());
  return {
    run: journal.snapshot.run.id,
    ended,
    get stopAsked() {
      return driver.stopAsked;
    },
    stop: (reason) => driver.signal(reason),
    request: (reason, force) => driver.request(reason, force),
    leave: () => driver.giveUp(new Left()),
    handOver: () => driver.handOver(),
  };
}

/** The attempts of one sitting, one after the other, and the stops that reach them. */
class Driver {
  readonly #deps: EngineDeps;
  readonly #journal: Journal;
  readonly #dag: Dag;
  readonly #options: RunOptions;
  /** An attempt that hears of one is the last; one that came too late for an attempt is for the next. */
  readonly #stops: BegunStop[] = [];
  #waiting: AbortController | null = null;
  #signals = 0;
  #giveUp: (error: unknown) => void = () => undefined;
  attempt: Attempt;
  /** Never resolves. */
  readonly givenUp = new Promise<never>((_resolve, reject) => (this.#giveUp = reject));

  constructor(deps: EngineDeps, journal: Journal, dag: Dag, options: RunOptions, heritage: Heritage) {
    this.#deps = deps;
    this.#journal = journal;
    this.#dag = dag;
    this.#options = options;
    this.attempt = new Attempt(deps, journal, dag, options, journal.snapshot.run.retries, heritage);
  }

  get stopAsked(): boolean {
    return this.#stops.length > 0;
  }

  async runAll(): Promise<Snapshot> {
    let snapshot = await this.attempt.run();
    for (let { retries } = snapshot.run; snapshot.run.state === 'running';) {
      const { dueAt } = snapshot.run;
      // Without it the next attempt has begun already, by an answer that came in the last moment.
      if (dueAt !== null) {
        retries += 1;
        await this.#wait(dueAt);
      }
      this.attempt = new Attempt(this.#deps, this.#journal, this.#dag, this.#options, retries);
      for (const { reason, kill } of this.#stops) this.attempt.stop(reason, kill);
      snapshot = await this.attempt.run();
    }
    return snapshot;
  }

  /** The wait before a root retry, and the begin of the next attempt. */
  async #wait(dueAt: number): Promise<void> {
    const { clock } = this.#deps;
    this.#waiting = new AbortController();
    if (this.stopAsked) this.#waiting.abort();
    await pause(clock, dueAt - clock.wall(), this.#waiting.signal);
    await beginNext(this.#deps, this.#journal, this.#dag, this.stopAsked);
    this.#waiting = null;
  }

  signal(reason: string): void {
    this.#signals += 1;
    if (this.#signals > 2) this.giveUp(new Left());
    else this.#stop(reason, this.#signals === 2);
  }

  request(reason: string, force: boolean): void {
    if (!this.stopAsked || (force && !this.#stops.some(({ kill }) => kill))) this.#stop(reason, force);
  }

  #stop(reason: string, kill: boolean): void {
    this.#stops.push({ reason, kill });
    if (this.#waiting === null) this.attempt.stop(reason, kill);
    else this.#waiting.abort();
  }

  handOver(): void {
    const left = (): void => this.giveUp(new Left());
    // Before a root retry nothing runs that could be left.
    if (this.#waiting === null) this.attempt.leave(left);
    else left();
  }

  giveUp(error: unknown): void {
    this.#giveUp(error);
  }
}
