import { shortId } from '../base/ids.ts';
import type { Execution } from '../engine/types.ts';
import { EXIT, type ExitCode } from '../errors/exit-codes.ts';
import type { Context } from './context.ts';

type Signal = 'sigint' | 'sigterm' | 'sighup';
type Stoppable = Pick<Execution, 'run' | 'stop'>;

/** Hands signals to an execution, also those that came before it was there, and says what they do (CLI.md §6). */
export class Signals {
  readonly #context: Context;
  readonly #stop: () => void;
  readonly #early: Signal[] = [];
  #execution: Stoppable | null = null;
  #count = 0;
  #last: Signal = 'sigterm';

  constructor(context: Context) {
    this.#context = context;
    this.#stop = context.onSignal((signal) => this.#receive(signal));
  }

  passTo(execution: Stoppable): void {
    this.#execution = execution;
    for (const signal of this.#early.splice(0)) execution.stop(signal);
  }

  /** The code of a process that left at the third signal. */
  exitCode(): ExitCode {
    return this.#last === 'sigint' ? EXIT.interrupted : EXIT.terminated;
  }

  close(): void {
    this.#stop();
  }

  #receive(signal: Signal): void {
    this.#last = signal;
    this.#count += 1;
    this.#say(signal);
    if (this.#execution === null) this.#early.push(signal);
    else this.#execution.stop(signal);
  }

  #say(signal: Signal): void {
    const { err, paintErr } = this.#context;
    const again = signal === 'sigint' ? 'Ctrl-C again' : 'another signal';
    const id = this.#execution === null ? '' : ` ${shortId(this.#execution.run)}`;
    const lines = [
      `stopping: running steps are ended, then the handlers run; ${again} kills at once`,
      `killing: handlers are skipped; ${again} leaves at once`,
      `leaving: what runs goes on; \`flow resume${id}\` takes it over`,
    ];
    const line = lines[Math.min(this.#count, lines.length) - 1] ?? '';
    err.write(`${paintErr('aborted', `■ ${line}`)}\n`);
  }
}
