import type { Commands } from '../../src/engine/types.ts';
import type {
  ProcessEnd,
  Processes,
  Recovered,
  RunningProcess,
  StopHow,
} from '../../src/process/processes.ts';
import { endOf } from '../../src/process/try-files.ts';
import type { FlowProcess } from './flow-process.ts';
import type { Machine, SimProcess } from './machine.ts';

/** The machine as one flow process sees it. */
export function processes(machine: Machine, flow: FlowProcess): Processes {
  return {
    start: (spec) =>
      flow.call('call', () => {
        const state = machine.tryState(spec.dir);
        for (let entry = 0; entry < spec.firstCommand; entry++) state.entries[entry] = 0;
        machine.disk.create(`${spec.dir}/outputs`, '');
        machine.disk.create(spec.out, '');
        if (spec.err !== spec.out) machine.disk.create(spec.err, '');
        return new Watched(machine, flow, machine.spawn(spec), true);
      }),
    recover: (dir) => recover(machine, flow, dir),
    release: () => undefined,
    living: () => [],
    killLeftovers: (dirs) =>
      flow.call('call', () => {
        for (const process of machine.living(dirs)) process.killAll();
        return [];
      }),
  };
}

/** In the order of R5, with a place to die after each step. */
async function recover(machine: Machine, flow: FlowProcess, dir: string): Promise<Recovered> {
  const state = machine.tryState(dir);
  const done = (): number => {
    const first = state.entries.findIndex((code) => code !== 0);
    return first < 0 ? state.entries.length : first;
  };
  const exited = (): Promise<Recovered | null> =>
    flow.call('call', () =>
      state.exit === null ? null : { kind: 'exited', end: endOf(state.exit), entriesDone: done() },
    );
  const left = await exited();
  if (left !== null) return left;
  const claim = await flow.call('call', () => (state.claim ??= 'fenced'));
  if (claim === 'fenced') return { kind: 'never_started', entriesDone: done() };
  const lives = await flow.call('call', () => claim.wrapperLives);
  if (lives) return { kind: 'alive', process: new Watched(machine, flow, claim, false) };
  return (await exited()) ?? { kind: 'lost', entriesDone: done() };
}

const LOOK_AGAIN_MS = 25;

/** A try that a flow process watches, from its start or since it took it over. */
class Watched implements RunningProcess {
  readonly #machine: Machine;
  readonly #flow: FlowProcess;
  readonly #process: SimProcess;
  /** It started it: it hears at once how the wrapper ended. */
  readonly #isOwn: boolean;
  #stage: 'none' | 'signalled' | 'killed' = 'none';
  #over = false;
  readonly ended: Promise<ProcessEnd>;
  readonly unkillable = new Promise<never>(() => undefined);

  constructor(machine: Machine, flow: FlowProcess, process: SimProcess, isOwn: boolean) {
    this.#machine = machine;
    this.#flow = flow;
    this.#process = process;
    this.#isOwn = isOwn;
    const delay = isOwn ? 0 : machine.time.random.below(50);
    this.ended = new Promise<void>((resolve) => {
      process.whenWrapperEnds(() => flow.after(delay, resolve));
    }).then(() => this.#finish());
  }

  get pid(): number {
    return this.#process.of.step * 1_000 + this.#process.of.n;
  }

  stop({ graceMs, kill }: StopHow): void {
    if (this.#over) return;
    if (kill) this.#kill();
    if (this.#stage !== 'none') return;
    this.#stage = 'signalled';
    this.#flow.now(() => {
      this.#machine.tryState(this.#process.spec.dir).stop = true;
      this.#process.signal();
    });
    this.#flow.after(graceMs, () => {
      if (this.#stage === 'signalled') this.#kill();
    });
  }

  #kill(): void {
    this.#stage = 'killed';
    this.#flow.now(() => this.#process.kill());
  }

  async #finish(): Promise<ProcessEnd> {
    const process = this.#process;
    const { exit } = this.#machine.tryState(process.spec.dir);
    if (this.#stage !== 'none') {
      while (this.#stage === 'signalled' && process.groupLives) {
        await new Promise<void>((resolve) => this.#flow.after(LOOK_AGAIN_MS, resolve));
      }
      this.#flow.now(() => process.killAll());
    } else if (exit === null && (process.code === null || !this.#isOwn)) {
      this.#flow.now(() => process.killAll());
    }
    this.#over = true;
    if (exit !== null) return endOf(exit);
    if (this.#isOwn && process.code !== null) return endOf(process.code);
    if (!this.#isOwn && this.#stage === 'none') return { code: -1, signal: null, lost: true };
    return { code: 137, signal: 'SIGKILL' };
  }
}

/** Commands of conditions: they say yes or no by chance, and leave nothing behind. */
export function commands(machine: Machine, flow: FlowProcess): Commands {
  const { time } = machine;
  return {
    run: (spec) =>
      flow.call('call', async () => {
        const length = time.random.pick([0, 1, 30]);
        const chance = machine.isCalm ? 0 : time.random.below(4);
        await new Promise<void>((resolve) => {
          time.after(length, resolve);
          spec.signal?.addEventListener('abort', () => resolve());
        });
        const code = spec.signal?.aborted === true ? 137 : chance === 3 ? 1 : 0;
        return { code, stdout: '', stderr: '', timedOut: false };
      }),
  };
}
