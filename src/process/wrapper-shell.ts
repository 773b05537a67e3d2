import type { ChildProcessByStdio } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import type { Ends } from './ends.ts';
import { startTime } from './table.ts';
import type { Claimant } from './try-files.ts';
import { WRAPPER_SETUP } from './wrapper.ts';
import type { Environment } from './wrapper-environment.ts';

/** How a try ended as its wrapper tells, or how the wrapper itself ended. */
export interface ShellEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The wrapper has told it, after it wrote the exit file, or tried to. */
  readonly told: boolean;
}

/**
 * A wrapper: a shell that leads a session and a process group of its own and reads from a pipe what it is to run, one
 * try after another (docs/decisions/0015). When flow dies, or closes the pipe, it finishes the try that it runs, and
 * ends. It keeps this process alive only while it runs a try.
 */
export class WrapperShell {
  readonly claimant: Claimant;
  readonly env: Environment;
  readonly #shell: ChildProcessByStdio<Writable, Readable, null>;
  readonly #ends: Ends;
  #said = '';
  /** What it has told, and nobody was told yet. */
  #heard: ShellEnd | null = null;
  #tell: (end: ShellEnd) => void = () => undefined;
  #closed: ShellEnd | null = null;

  private constructor(
    shell: ChildProcessByStdio<Writable, Readable, null>,
    claimant: Claimant,
    env: Environment,
    ends: Ends,
  ) {
    this.#shell = shell;
    this.#ends = ends;
    this.claimant = claimant;
    this.env = env;
    shell.once('close', (code: number | null, signal: NodeJS.Signals | null) => {
      this.#closed = { code, signal, told: false };
      ends.forget(this);
      this.#tell(this.#heard ?? this.#closed);
    });
    shell.stdout.setEncoding('latin1').on('data', (text: string) => this.#hear(text));
    // A shell that is dead reads no more: `close` tells.
    shell.stdin.on('error', () => undefined);
    (shell.stdin as unknown as NodeJS.RefCounted).unref();
    shell.stdin.write(WRAPPER_SETUP);
  }

  /** @throws what Node says when there are no descriptors or processes left. */
  static async start(env: Environment, ends: Ends): Promise<WrapperShell> {
    const shell = spawn('/bin/sh', [], { cwd: '/', env, detached: true, stdio: ['pipe', 'pipe', 'ignore'] });
    // Node reports some failures by throwing, others only in the next turn of the loop.
    if (shell.pid === undefined) throw (await once(shell, 'error'))[0];
    try {
      // Even if it has ended already, its number stays taken until this turn of the loop is over.
      return new WrapperShell(shell, { pid: shell.pid, start: startTime(shell.pid) ?? '-' }, env, ends);
    } catch (error) {
      shell.stdin.destroy();
      throw error;
    }
  }

  get dead(): boolean {
    return this.#closed !== null;
  }

  /** Resolves with the exit code that the text of a try ends with, or with the end of the shell if that comes first. */
  run(text: string): Promise<ShellEnd> {
    this.#ends.began(this);
    this.#shell.stdin.write(text);
    return this.#next();
  }

  /** Lets it end when it has nothing to run any more; resolves when it has. */
  end(): Promise<ShellEnd> {
    this.#shell.stdin.end();
    return this.#next();
  }

  /** Lets it end as `end` does; nobody waits for it, and it does not keep this process. */
  letGo(): void {
    this.#shell.stdin.destroy();
  }

  #next(): Promise<ShellEnd> {
    if (this.#closed !== null) return Promise.resolve(this.#closed);
    this.#keepAwake(true);
    return new Promise((resolve) => {
      this.#tell = (end) => {
        this.#keepAwake(false);
        resolve(end);
      };
    });
  }

  #hear(text: string): void {
    this.#said += text;
    if (!this.#said.endsWith('\n')) return;
    const [what, code] = this.#said.trimEnd().split(' ');
    this.#said = '';
    const end = { code: Number(code), signal: null, told: what === 'ended' };
    this.#heard = end;
    this.#ends.ended(this, () => {
      this.#heard = null;
      this.#tell(end);
    });
  }

  #keepAwake(yes: boolean): void {
    for (const handle of [this.#shell, this.#shell.stdout as unknown as NodeJS.RefCounted]) {
      if (yes) handle.ref();
      else handle.unref();
    }
  }
}
