import { dirname } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { Ends } from './ends.ts';
import { Newcomers } from './newcomers.ts';
import type { EnvironmentChange, Environment } from './wrapper-environment.ts';
import { environmentChange, wrapperEnvironment } from './wrapper-environment.ts';
import { WrapperShell } from './wrapper-shell.ts';

/** A wrapper, and how the environment of the try that it is for differs from its own. */
export interface Hired {
  readonly shell: WrapperShell;
  readonly change: EnvironmentChange;
}

/**
 * The wrappers of this process. To start one costs what the memory of flow costs, because Node forks; so one that has
 * ended its try is kept for the next try of the same run, if nothing else is left in its process group: a try leads its
 * group alone (RELIABILITY.md §3.7).
 */
export class Wrappers {
  /** By the folder of the tries of a run. */
  readonly #idle = new Map<string, WrapperShell[]>();
  readonly #newcomers = new Newcomers();
  readonly #ends: Ends;

  constructor(clock: Clock) {
    this.#ends = new Ends(clock);
  }

  /** One that is kept for a try in directory `dir`; null when there is none. */
  take(dir: string, env: Environment): Hired | null {
    const idle = this.#idle.get(dirname(dir)) ?? [];
    for (let shell = idle.pop(); shell !== undefined; shell = idle.pop()) {
      const change = environmentChange(shell.env, env);
      if (change !== null && !shell.dead) return { shell, change };
      this.letGo(shell);
    }
    return null;
  }

  /** One that is kept, or else a new one. @throws what Node says when there are no descriptors or processes left. */
  async hire(dir: string, env: Environment): Promise<Hired> {
    const kept = this.take(dir, env);
    if (kept !== null) return kept;
    this.#newcomers.begin();
    const shell = await WrapperShell.start(wrapperEnvironment(env, dir), this.#ends);
    this.#newcomers.watch(shell.claimant.pid);
    const change = environmentChange(shell.env, env);
    if (change === null) throw new Error(`the environment of ${dir} is not that of its wrapper`);
    return { shell, change };
  }

  /** Nothing is left of the try, so that another may run. @throws when descriptors are exhausted. */
  isAlone({ claimant }: WrapperShell): boolean {
    return !this.#newcomers.mayHoldOthers(claimant.pid);
  }

  keep(dir: string, shell: WrapperShell): void {
    const folder = dirname(dir);
    const idle = this.#idle.get(folder);
    if (idle === undefined) this.#idle.set(folder, [shell]);
    else idle.push(shell);
  }

  /** Resolves when it has ended. */
  async dismiss(shell: WrapperShell): Promise<void> {
    this.#newcomers.forget(shell.claimant.pid);
    await shell.end();
  }

  /** Lets it end, and does not wait for that. */
  letGo(shell: WrapperShell): void {
    this.#newcomers.forget(shell.claimant.pid);
    shell.letGo();
  }

  /** No more tries come in this folder: lets the wrappers end that were kept for them. */
  release(folder: string): void {
    const idle = this.#idle.get(folder) ?? [];
    this.#idle.delete(folder);
    for (const shell of idle) this.letGo(shell);
  }
}
