import { shortId } from '../base/ids.ts';
import type { Snapshot } from '../core/records.ts';
import { Left } from '../engine/execution.ts';
import { pruneAfter } from '../engine/prune.ts';
import type { EngineDeps, Execution } from '../engine/types.ts';
import { FlowError } from '../errors/diagnostic.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { Fenced } from '../store/store.ts';
import { reasonOf } from './reason.ts';
import type { DaemonLog } from './types.ts';

interface Driven {
  readonly queue: string;
  execution: Execution | null;
}

export interface FleetInput {
  readonly deps: EngineDeps;
  readonly log: DaemonLog;
  /** A run has ended: others may begin. */
  readonly changed: () => void;
  /** The storage fails: the daemon cannot go on. */
  readonly fault: (error: unknown) => void;
}

/** The runs that this daemon drives, each with its place in a queue. */
export class Fleet {
  readonly #in: FleetInput;
  readonly #runs = new Map<string, Driven>();
  #idle: (() => void)[] = [];
  #stopped: { reason: string; times: number } | null = null;
  #left: 'no' | 'in order' | 'at once' = 'no';

  constructor(input: FleetInput) {
    this.#in = input;
  }

  get size(): number {
    return this.#runs.size;
  }

  has(run: string): boolean {
    return this.#runs.has(run);
  }

  /** Places taken in a queue (LANGUAGE.md §21.1). */
  taken(queue: string): number {
    let taken = 0;
    for (const run of this.#runs.values()) if (run.queue === queue) taken += 1;
    return taken;
  }

  /** Resolves when no run is left. */
  idle(): Promise<void> {
    return this.#runs.size === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Stops all runs: the first time with grace and handlers, the second time at once. */
  stop(reason: string): void {
    this.#stopped = { reason, times: (this.#stopped?.times ?? 0) + 1 };
    for (const { execution } of this.#runs.values()) execution?.stop(reason);
  }

  /** Leaves at once: the steps go on, the next daemon takes them up. */
  leave(): void {
    this.#left = 'at once';
    for (const { execution } of this.#runs.values()) execution?.leave();
  }

  /** The same in good order: the journal says so. What cannot be recorded within `ms` is left all the same. */
  async handOver(ms: number): Promise<void> {
    this.#left = 'in order';
    for (const { execution } of this.#runs.values()) execution?.handOver();
    const cancel = this.#in.deps.clock.after(ms, () => this.leave());
    await this.idle();
    cancel();
  }

  /**
   * Drives a run to its end in the background. It holds its place from now on; `begin` claims it and passes on each
   * execution that signals concern. Somebody who was quicker is no error.
   */
  drive(
    id: string,
    queue: string,
    begin: (begun: (execution: Execution) => void) => Promise<Execution>,
  ): void {
    const driven: Driven = { queue, execution: null };
    this.#runs.set(id, driven);
    void this.#follow(id, driven, begin).finally(() => {
      this.#runs.delete(id);
      if (this.#runs.size === 0) this.#idle.splice(0).forEach((wake) => wake());
      this.#in.changed();
    });
  }

  async #follow(
    id: string,
    driven: Driven,
    begin: (begun: (execution: Execution) => void) => Promise<Execution>,
  ): Promise<void> {
    const { log, fault } = this.#in;
    try {
      const execution = await begin((begun) => {
        driven.execution = begun;
        for (let i = 0; i < (this.#stopped?.times ?? 0); i++) begun.stop(this.#stopped?.reason ?? '');
        if (this.#left === 'in order') begun.handOver();
        if (this.#left === 'at once') begun.leave();
      });
      await this.#prune(await execution.ended);
    } catch (error) {
      if (error instanceof Left) return;
      const isFault = !(error instanceof FlowError) || error.exitCode === EXIT.fault;
      if (error instanceof Fenced || !isFault)
        log.warn(`run ${shortId(id)}: ${reasonOf(error)}`, { run: id });
      else fault(error);
    }
  }

  /** It never changes the outcome of a run (LANGUAGE.md §21.4). */
  async #prune(snapshot: Snapshot): Promise<void> {
    const { deps, log } = this.#in;
    try {
      const { kept } = await pruneAfter(deps, await deps.subDags.stored(snapshot), snapshot);
      for (const { run, reason } of kept)
        log.warn(`run ${shortId(run)} was kept: ${reasonOf(reason)}`, { run });
    } catch (error) {
      log.warn(`older runs of ${snapshot.run.dag} were not deleted: ${reasonOf(error)}`, {
        dag: snapshot.run.dag,
      });
    }
  }
}
