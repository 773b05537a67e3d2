import { random } from '../support/random.ts';
import type { ProcessSpec } from '../../src/process/processes.ts';
import type { Disk } from './disk.ts';
import { behaviourOf, WELL } from './behaviour.ts';
import type { Behaviour } from './behaviour.ts';
import type { VirtualTime } from './time.ts';

/** Which try of which step of which run a try directory is of. */
export interface TryName {
  readonly run: string;
  readonly step: number;
  readonly n: number;
}

/** A command of a try has ended by itself. */
export interface Effect extends TryName {
  readonly entry: number;
  readonly code: number;
}

export interface MachineWatch {
  /** A wrapper has claimed its try: its first command begins. */
  claimed(of: TryName, env: Readonly<Record<string, string>>): void;
}

/** The files of a try that its wrapper and the owners agree through (RELIABILITY.md §3.7). */
export interface TryState {
  claim: 'fenced' | SimProcess | null;
  exit: number | null;
  /** Exit codes of the entries of a list. */
  readonly entries: number[];
  stop: boolean;
}

/** Processes, which live and die in virtual time and do not care whether a flow process lives. */
export class Machine {
  readonly time: VirtualTime;
  readonly disk: Disk;
  readonly #seed: number;
  readonly #watch: MachineWatch;
  readonly #tries = new Map<string, TryState>();
  readonly #processes: SimProcess[] = [];
  readonly effects: Effect[] = [];
  /** From now on every process does what it should. */
  isCalm = false;

  constructor(time: VirtualTime, disk: Disk, seed: number, watch: MachineWatch) {
    this.time = time;
    this.disk = disk;
    this.#seed = seed;
    this.#watch = watch;
  }

  tryState(dir: string): TryState {
    let state = this.#tries.get(dir);
    if (state === undefined) {
      state = { claim: null, exit: null, entries: [], stop: false };
      this.#tries.set(dir, state);
    }
    return state;
  }

  spawn(spec: ProcessSpec): SimProcess {
    const chance = random(hash(`${this.#seed} ${spec.dir}`));
    const process = new SimProcess(this, spec, this.isCalm ? WELL : behaviourOf(chance));
    this.#processes.push(process);
    return process;
  }

  claimed(process: SimProcess): void {
    this.#watch.claimed(process.of, process.spec.env);
  }

  /** What lives with the marker of these try directories, of all without. */
  living(dirs?: readonly string[]): SimProcess[] {
    return this.#processes.filter(({ isAlive, spec }) => isAlive && dirs?.includes(spec.dir) !== false);
  }

  /** Without wrappers that have not claimed their try: they may still find that they come too late. */
  livingOf(run: string, step?: number): SimProcess[] {
    const isOf = ({ of, hasClaimed }: SimProcess): boolean =>
      hasClaimed && of.run === run && (step === undefined || of.step === step);
    return this.living().filter(isOf);
  }
}

export function nameOf(dir: string): TryName {
  const [, run = '', step, n] = /work\/([^/]+)\/try\/(\d+)\.(\d+)$/.exec(dir) ?? [];
  return { run, step: Number(step), n: Number(n) };
}

function hash(text: string): number {
  let h = 2166136261;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 16777619);
  return h >>> 0;
}

type Stage = 'starting' | 'running' | 'ended';

/** The wrapper of a try with what it runs. */
export class SimProcess {
  readonly #machine: Machine;
  readonly spec: ProcessSpec;
  readonly of: TryName;
  readonly #behaviour: Behaviour;
  #stage: Stage = 'starting';
  /** The command goes on without its wrapper. */
  #orphan = false;
  /** What a command left behind; `escaped`: it has left the process group. */
  #background: 'none' | 'in group' | 'escaped' = 'none';
  #entry: number;
  #cancel: () => void;
  #cancelLoss: () => void = () => undefined;
  readonly #waiting: (() => void)[] = [];
  /** What the wrapper ended with; null while it lives or when a signal killed it. */
  code: number | null = null;

  constructor(machine: Machine, spec: ProcessSpec, behaviour: Behaviour) {
    this.#machine = machine;
    this.spec = spec;
    this.of = nameOf(spec.dir);
    this.#behaviour = behaviour;
    this.#entry = spec.firstCommand;
    this.#cancel = machine.time.after(behaviour.claimMs, () => this.#claim());
  }

  get wrapperLives(): boolean {
    return this.#stage !== 'ended';
  }

  get groupLives(): boolean {
    return this.wrapperLives || this.#orphan || this.#background === 'in group';
  }

  get hasClaimed(): boolean {
    return this.#machine.tryState(this.spec.dir).claim === this;
  }

  get isAlive(): boolean {
    return this.groupLives || this.#background === 'escaped';
  }

  whenWrapperEnds(tell: () => void): void {
    if (this.wrapperLives) this.#waiting.push(tell);
    else tell();
  }

  /** A signal of a stop to its group. */
  signal(): void {
    const { ignoresTerm, termMs, termCode } = this.#behaviour;
    if (this.#background === 'in group' && !ignoresTerm) this.#background = 'none';
    // Its traps are not set yet.
    if (this.#stage === 'starting') this.kill();
    if (ignoresTerm || (this.#stage !== 'running' && !this.#orphan)) return;
    this.#cancel();
    this.#cancel = this.#machine.time.after(termMs, () => this.#commandEnds(termCode));
  }

  /** SIGKILL to its group. */
  kill(): void {
    this.#cancel();
    this.#orphan = false;
    if (this.#background === 'in group') this.#background = 'none';
    if (this.wrapperLives) this.#end(null);
  }

  /** SIGKILL to all that carries its marker. */
  killAll(): void {
    this.kill();
    this.#background = 'none';
  }

  #claim(): void {
    const state = this.#machine.tryState(this.spec.dir);
    if (state.claim !== null) {
      this.#end(75);
      return;
    }
    state.claim = this;
    this.#stage = 'running';
    const { lostAfterMs, orphans } = this.#behaviour;
    if (lostAfterMs !== null)
      this.#cancelLoss = this.#machine.time.after(lostAfterMs, () => this.#lose(orphans));
    this.#machine.claimed(this);
    this.#runEntry();
  }

  /** Somebody kills the wrapper. */
  #lose(orphans: boolean): void {
    if (this.#stage !== 'running') return;
    if (orphans) this.#orphan = true;
    else this.#cancel();
    this.#end(null);
  }

  #runEntry(): void {
    const ms = this.#behaviour.entryMs(this.#entry);
    this.#cancel = this.#machine.time.after(ms, () => this.#commandEnds(this.#behaviour.codeOf(this.#entry)));
  }

  #commandEnds(code: number): void {
    const { commands, dir, env } = this.spec;
    const last = this.#entry === commands.length - 1;
    this.#machine.effects.push({ ...this.of, entry: this.#entry, code });
    // Also what fails has written its outputs.
    if (last && env['OUT'] === 'v') {
      this.#machine.disk.write(`${dir}/outputs`, `v=v${this.of.step}.${this.of.n}\n`);
    }
    if (this.#behaviour.background !== 'none') this.#leaveBackground();
    this.#orphan = false;
    if (!this.wrapperLives) return;
    const state = this.#machine.tryState(dir);
    if (commands.length > 1) state.entries[this.#entry] = code;
    if (code === 0 && !last && !state.stop) {
      this.#entry += 1;
      this.#runEntry();
      return;
    }
    const final = code === 0 && !last ? 143 : code;
    state.exit = final;
    this.#end(final);
  }

  #leaveBackground(): void {
    this.#background = this.#behaviour.background;
    this.#machine.time.after(this.#behaviour.backgroundMs, () => (this.#background = 'none'));
  }

  #end(code: number | null): void {
    this.#cancelLoss();
    this.#stage = 'ended';
    this.code = code;
    for (const tell of this.#waiting.splice(0)) tell();
  }
}
