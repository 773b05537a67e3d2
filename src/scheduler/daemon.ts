import type { RunRecord } from '../core/records.ts';
import type { EngineDeps, RunOptions } from '../engine/types.ts';
import { Fleet } from './fleet.ts';
import { queueKey, QueueRunner } from './queue.ts';
import { reasonOf } from './reason.ts';
import { queueAnswered, recoverRuns } from './recovery.ts';
import { Ticker } from './ticker.ts';
import type { DaemonLog, DagFolder, Queues } from './types.ts';

/** It never sleeps longer: what is due is asked of the wall clock, not of a timer (RELIABILITY.md §5.3). */
const LOOK_EVERY_MS = 500;
/** The folder is looked at that often even if nothing tells of a change. */
const SCAN_EVERY_MS = 30_000;
/** So long the only pass of `--once` waits for files that are being written. */
const UNREAD_MS = 2_000;
/** So long the journal has to take that the runs are left; systemd waits no longer than it was told to. */
const HAND_OVER_MS = 2_000;

export interface DaemonInput {
  readonly deps: EngineDeps;
  readonly folder: DagFolder;
  readonly log: DaemonLog;
  readonly options: RunOptions;
  readonly queues: Queues;
  /** Runs at once; 0 is no limit. */
  readonly maxRuns: number;
  readonly zone: string;
  readonly unresolved: 'strict' | 'keep';
  readonly resumeInterrupted: boolean;
  readonly drainTimeoutMs: number;
  /** Told after every pass. */
  readonly report: (state: DaemonState) => void;
  /** Told once, when the folder is read and interrupted runs are taken up. */
  readonly ready: (state: DaemonState) => void;
}

/** What `flow status --daemon` shows. */
export interface DaemonState {
  readonly scheduled: number;
  readonly problems: DagFolder['problems'];
  readonly running: number;
  /** Milliseconds UTC; null: no tick is left. */
  readonly next: number | null;
  readonly draining: boolean;
}

/** How a daemon ended. */
export interface DaemonEnd {
  /** `stopped`: by a second signal. */
  readonly kind: 'drained' | 'stopped';
  /** Runs that are left to the next daemon. */
  readonly left: number;
}

/**
 * The daemon: ticks become runs, queued runs start, interrupted ones go on (LANGUAGE.md §20, §21.1, §22.6). One loop
 * that asks what is due; an error of one DAG or one run never ends it, a fault of the storage does.
 */
export class Daemon {
  readonly #in: DaemonInput;
  readonly #fleet: Fleet;
  readonly #ticker: Ticker;
  readonly #queue: QueueRunner;
  readonly #options: RunOptions;
  #signals = 0;
  #fault: { readonly error: unknown } | null = null;
  #wake: () => void = () => undefined;
  /** Something has happened since it last looked. */
  #woken = false;
  #dirty = true;
  #lastScan = 0;
  /** What is wrong with files, as it was last told. */
  #told = new Map<string, string>();

  constructor(input: DaemonInput) {
    this.#in = input;
    const { deps, log, options, queues, maxRuns, zone, unresolved } = input;
    const fault = (error: unknown): void => {
      this.#fault ??= { error };
      this.#nudge();
    };
    this.#fleet = new Fleet({ deps, log, changed: () => this.#nudge(), fault });
    const isDriven = (run: string): boolean => this.#fleet.has(run);
    this.#ticker = new Ticker({ deps, log, zone, unresolved, isDriven });
    this.#options = { ...options, queueRetries: true };
    this.#queue = new QueueRunner({ deps, fleet: this.#fleet, log, options: this.#options, queues, maxRuns });
  }

  /** Something in the folder has changed. */
  folderChanged(): void {
    this.#dirty = true;
    this.#nudge();
  }

  /** First: drains; second: stops the runs; third: leaves at once (CLI.md §6). */
  signal(reason: string): void {
    this.#signals += 1;
    if (this.#signals === 2) this.#fleet.stop(reason);
    if (this.#signals > 2) this.#fleet.leave();
    this.#nudge();
  }

  /** Until a signal. @throws FlowError (exit 70) when the storage fails. */
  async run(): Promise<DaemonEnd> {
    await this.#begin();
    this.#in.ready(this.#state(false));
    while (this.#signals === 0) {
      await this.#pass();
      await this.#rest();
    }
    return this.#drain();
  }

  /** One pass: does what is due, and ends when its runs have ended (`--once`). */
  async once(): Promise<DaemonEnd> {
    await this.#begin();
    await this.#readAll();
    this.#in.ready(this.#state(false));
    await this.#pass();
    while (this.#signals === 0 && this.#fleet.size > 0) {
      await this.#rest();
      await queueAnswered(this.#in);
      await this.#queue.startNext();
      this.#check();
    }
    return this.#signals === 0 ? { kind: 'drained', left: 0 } : this.#drain();
  }

  async #begin(): Promise<void> {
    await this.#scan();
    if (!this.#in.resumeInterrupted) return;
    const { queues } = this.#in;
    const queueOf = (run: RunRecord): string => queueKey(queues, run);
    await recoverRuns({ ...this.#in, fleet: this.#fleet, options: this.#options, queueOf });
  }

  /** There is no later pass for a file that has just been written: it is read when nobody seems to be at it any more. */
  async #readAll(): Promise<void> {
    const { folder, deps, log } = this.#in;
    const deadline = deps.clock.mono() + UNREAD_MS;
    while (folder.unread.size > 0 && this.#signals === 0 && deps.clock.mono() < deadline) {
      await this.#wait(UNREAD_MS);
      await this.#scan();
    }
    for (const file of folder.unread) log.warn(`${file}: is still being written, and was not read`, { file });
  }

  async #pass(): Promise<void> {
    const { clock } = this.#in.deps;
    if (this.#dirty || clock.mono() - this.#lastScan >= SCAN_EVERY_MS) await this.#scan();
    // A signal may have come meanwhile: from then on nothing is taken.
    if (this.#signals === 0) await this.#ticker.fire();
    if (this.#signals === 0) await queueAnswered(this.#in);
    if (this.#signals === 0) await this.#queue.startNext();
    this.#check();
    this.#in.report(this.#state(false));
  }

  async #scan(): Promise<void> {
    const { folder, log, deps } = this.#in;
    this.#dirty = false;
    this.#lastScan = deps.clock.mono();
    try {
      if (!(await folder.scan())) return;
    } catch (error) {
      log.error(`the DAG folder cannot be read: ${reasonOf(error)}`);
      return;
    }
    this.#tellProblems();
    await this.#ticker.follow(folder);
  }

  /** What is wrong with files, each once, and when it is mended. */
  #tellProblems(): void {
    const { folder, log } = this.#in;
    const now = new Map(folder.problems.map(({ file, message }) => [file, message] as const));
    for (const { file, message, keepsOlder } of folder.problems) {
      if (this.#told.get(file) === message) continue;
      const goes = keepsOlder ? '; its last valid version goes on' : '; it is not scheduled';
      log.warn(`${file}: ${message}${goes}`, { file, keeps_older: keepsOlder });
    }
    const there = new Set([...folder.dags.values()].map(({ file }) => file));
    for (const file of this.#told.keys()) {
      if (!now.has(file)) log.info(`${file} is ${there.has(file) ? 'valid again' : 'gone'}`, { file });
    }
    this.#told = now;
  }

  /** Until something happens, a tick is due, or it is time to look again. */
  async #rest(): Promise<void> {
    const { clock } = this.#in.deps;
    const next = this.#ticker.next;
    const ms = Math.max(1, Math.min(LOOK_EVERY_MS, next === null ? LOOK_EVERY_MS : next - clock.wall()));
    await this.#wait(ms);
  }

  #nudge(): void {
    this.#woken = true;
    this.#wake();
  }

  /** Takes no tick and no queued run; what does not end in time is left to the next daemon. */
  async #drain(): Promise<DaemonEnd> {
    const { deps, drainTimeoutMs } = this.#in;
    this.#in.report(this.#state(true));
    const deadline = deps.clock.mono() + drainTimeoutMs;
    while (this.#fleet.size > 0 && this.#signals === 1 && deps.clock.mono() < deadline) {
      await this.#wait(Math.max(1, deadline - deps.clock.mono()));
      this.#check();
    }
    if (this.#signals >= 2) {
      let left = this.#signals > 2 ? this.#fleet.size : 0;
      while (this.#fleet.size > 0) {
        await this.#wait(LOOK_EVERY_MS);
        this.#check();
        if (this.#signals > 2) left = Math.max(left, this.#fleet.size);
      }
      return { kind: 'stopped', left };
    }
    const left = this.#fleet.size;
    await this.#fleet.handOver(HAND_OVER_MS);
    return { kind: 'drained', left };
  }

  async #wait(ms: number): Promise<void> {
    if (!this.#woken) {
      let cancel: () => void = () => undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        cancel = this.#in.deps.clock.after(ms, resolve);
      });
      cancel();
    }
    this.#woken = false;
  }

  #check(): void {
    if (this.#fault !== null) throw this.#fault.error;
  }

  #state(draining: boolean): DaemonState {
    const { folder } = this.#in;
    return {
      scheduled: this.#ticker.scheduled,
      problems: folder.problems,
      running: this.#fleet.size,
      next: this.#ticker.next,
      draining,
    };
  }
}
