import type { Clock } from '../base/clock.ts';
import type { Dag } from '../core/dag.ts';
import type { Snapshot } from '../core/records.ts';
import { pruneAfter } from '../engine/prune.ts';
import type { EngineDeps, Execution } from '../engine/types.ts';
import { openMachine, type Machine } from '../machine/machine.ts';
import type { Setup } from '../machine/setup.ts';
import { flowVersion } from '../machine/version.ts';
import { openStore } from '../store/sqlite/open.ts';
import { listener } from './listen.ts';
import { resultOf } from './result.ts';
import type { ResumeOptions, RunResult } from './types.ts';

export interface Attempt {
  readonly setup: Setup;
  /** The command that starts flow. */
  readonly flow: readonly string[];
  readonly dag: Dag;
  readonly options: ResumeOptions;
  /** Records the attempt, and reports each execution that a stop concerns from then on. */
  readonly begin: (deps: EngineDeps, begun: (execution: Execution) => void) => Promise<Execution>;
}

/**
 * Drives one attempt to its end. When it resolves or rejects, the database is closed, the lock is dropped, and nothing
 * of it is left in the process.
 */
export async function drive({ setup, flow, dag, options, begin }: Attempt): Promise<RunResult> {
  const { signal } = options;
  const notes: string[] = [];
  const timers = new Timers(setup.clock);
  const machine = await machineOf({ ...setup, clock: timers }, flow, (note) => notes.push(note));
  let current: Execution | null = null;
  const stop = (): void => current?.stop('stopped');
  try {
    const deps = machine.deps(listener(options));
    signal?.throwIfAborted();
    signal?.addEventListener('abort', stop);
    const execution = await begin(deps, (begun) => {
      current = begun;
      if (signal?.aborted === true) stop();
    });
    const snapshot = await execution.ended;
    await deleteOlderRuns(deps, dag, snapshot, notes);
    return resultOf(snapshot, notes);
  } finally {
    signal?.removeEventListener('abort', stop);
    // After a fault the engine would go on looking at what runs; whoever resumes the run does that then.
    timers.close();
    await machine.close();
  }
}

async function machineOf(
  setup: Setup & { readonly clock: Timers },
  flow: readonly string[],
  note: (text: string) => void,
): Promise<Machine> {
  const { home, config, clock } = setup;
  const { durability } = config;
  // The store closes itself, and may have to wait for that.
  const store = await openStore({ home, clock: clock.whole, durability, flowVersion, onWaiting: note });
  for (const one of store.notes) note(one);
  try {
    return openMachine(setup, { store, flow });
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** It never changes the outcome of a run (LANGUAGE.md §21.4). */
async function deleteOlderRuns(
  deps: EngineDeps,
  dag: Dag,
  snapshot: Snapshot,
  notes: string[],
): Promise<void> {
  const text = (reason: unknown): string => (reason instanceof Error ? reason.message : String(reason));
  try {
    const { kept } = await pruneAfter(deps, dag, snapshot);
    for (const { run, reason } of kept) notes.push(`run ${run} was kept: ${text(reason)}`);
  } catch (error) {
    notes.push(`older runs were not deleted: ${text(error)}`);
  }
}

/** A clock whose timers can all be called off: a program goes on when a run of it is over. */
class Timers implements Clock {
  readonly whole: Clock;
  readonly #pending = new Set<() => void>();
  #closed = false;

  constructor(clock: Clock) {
    this.whole = clock;
  }

  wall(): number {
    return this.whole.wall();
  }

  mono(): number {
    return this.whole.mono();
  }

  after(ms: number, wake: () => void): () => void {
    if (this.#closed) return () => undefined;
    const cancel = (): void => {
      this.#pending.delete(cancel);
      callOff();
    };
    const callOff = this.whole.after(ms, () => {
      this.#pending.delete(cancel);
      wake();
    });
    this.#pending.add(cancel);
    return cancel;
  }

  close(): void {
    this.#closed = true;
    for (const cancel of [...this.#pending]) cancel();
  }
}
