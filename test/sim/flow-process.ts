import type { Owner } from '../../src/core/records.ts';
import type { VirtualTime } from './time.ts';

/** Thrown inside a flow process at the moment of its death; nothing of it has any effect from then on. */
export class Crash extends Error {
  constructor() {
    super('the process was killed');
    this.name = 'Crash';
  }
}

/** When a flow process dies or is stopped: at its n-th call to the outside, counted from 1. */
export interface Fault {
  readonly at: 'append' | 'call';
  readonly n: number;
  readonly how: 'before' | 'after' | 'pause';
}

/**
 * One flow process. Everything it does outside of itself goes through `call` (asynchronous) or `now` (synchronous):
 * there it can die before or after the effect, be paused, or be slow. After its death no callback of it runs, and no
 * promise of it settles.
 */
export class FlowProcess {
  readonly #time: VirtualTime;
  readonly pid: number;
  readonly owner: Owner;
  readonly #faults: readonly Fault[];
  /** Longest delay of a call, in virtual milliseconds. */
  readonly #slowMs: number;
  #state: 'running' | 'paused' | 'gone' = 'running';
  #deferred: (() => void)[] = [];
  readonly #counts = { append: 0, call: 0 };
  #leave: (how: 'died' | 'paused') => void = () => undefined;
  /** Resolves when it dies or is paused, whichever comes first. */
  readonly left: Promise<'died' | 'paused'>;

  constructor(
    time: VirtualTime,
    pid: number,
    faults: readonly Fault[],
    slowMs: number,
    as: Pick<Owner, 'daemon'> = {},
  ) {
    this.#time = time;
    this.pid = pid;
    this.owner = { host: 'sim', boot: 'b', pid, start: String(pid), lock: `${pid}.lock`, ...as };
    this.#faults = faults;
    this.#slowMs = slowMs;
    this.left = new Promise((resolve) => (this.#leave = resolve));
  }

  get isRunning(): boolean {
    return this.#state === 'running';
  }

  get isGone(): boolean {
    return this.#state === 'gone';
  }

  /** How often it has called the outside. */
  get calls(): Readonly<Record<Fault['at'], number>> {
    return this.#counts;
  }

  /** It has ended, by itself or by force. */
  end(): void {
    this.#state = 'gone';
    this.#deferred = [];
    this.#leave('died');
  }

  continue(): void {
    if (this.#state !== 'paused') return;
    this.#state = 'running';
    for (const wake of this.#deferred.splice(0)) this.#time.after(0, () => this.deliver(wake));
  }

  /** Hands something to it from outside, as soon as it can take it. */
  deliver(wake: () => void): void {
    if (this.#state === 'gone') return;
    this.#time.activity += 1;
    if (this.#state === 'paused') this.#deferred.push(wake);
    else this.#take(wake);
  }

  /** It may die of what it takes. */
  #take(wake: () => void): void {
    try {
      wake();
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
    }
  }

  after(ms: number, wake: () => void): () => void {
    let cancelled = false;
    const cancel = this.#time.after(ms, () => {
      this.deliver(() => {
        if (!cancelled) wake();
      });
    });
    return () => {
      cancelled = true;
      cancel();
    };
  }

  now<T>(work: () => T): T {
    if (this.#state === 'gone') throw new Crash();
    const how = this.#next('call');
    if (how === 'before') this.#die();
    const result = work();
    if (how === 'after') this.#die();
    return result;
  }

  call<T>(kind: Fault['at'], work: () => T | Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#state === 'gone') return;
      const how = this.#next(kind);
      if (how === 'before') {
        this.end();
        return;
      }
      const begin = (): void => {
        Promise.resolve()
          .then(work)
          .then(
            (value) => (how === 'after' ? this.end() : this.deliver(() => resolve(value))),
            (error: unknown) => this.deliver(() => reject(asError(error))),
          );
      };
      if (how === 'pause') this.#pause(begin);
      else this.#slowly(begin);
    });
  }

  #slowly(begin: () => void): void {
    const ms = this.#slowMs === 0 ? 0 : this.#time.random.below(this.#slowMs);
    if (ms === 0) begin();
    else this.after(ms, begin);
  }

  #pause(begin: () => void): void {
    this.#state = 'paused';
    this.#deferred.push(begin);
    this.#leave('paused');
  }

  #die(): never {
    this.end();
    throw new Crash();
  }

  /** The fault that is due at this call. */
  #next(kind: Fault['at']): Fault['how'] | null {
    this.#time.activity += 1;
    this.#counts.call += 1;
    if (kind === 'append') this.#counts.append += 1;
    const due = this.#faults.find(
      ({ at, n }) => this.#counts[at] === n && (at === 'call' || kind === 'append'),
    );
    return due?.how ?? null;
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
