import { constants } from 'node:os';

export interface CommandSpec {
  readonly argv: readonly [string, ...string[]];
  readonly cwd: string;
  /** The complete environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Null: no limit. */
  readonly timeoutMs: number | null;
  /** Of each stream; a command that writes more is killed, and what came before is returned. */
  readonly maxBytes: number;
  /** Its output is not wanted: it may write as much as it likes. */
  readonly drop?: boolean;
  /** Kills it with its group. */
  readonly signal?: AbortSignal;
}

export interface CommandResult {
  /** 127 not found, 126 not executable, 124 timed out, 128 + n after death by signal n. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}

/**
 * Runs a short command and captures what it prints, in a process group of its own that is killed when its time
 * is over. Never rejects for what the command does. For steps there is `Processes`.
 */
export async function runCommand(spec: CommandSpec): Promise<CommandResult> {
  const { execa } = await import('execa');
  const [program, ...args] = spec.argv;
  const child = execa(program, args, {
    cwd: spec.cwd,
    env: spec.env,
    extendEnv: false,
    stdin: 'ignore',
    encoding: 'buffer',
    ...(spec.drop === true ? { stdout: 'ignore', stderr: 'ignore' } : {}),
    maxBuffer: spec.maxBytes,
    stripFinalNewline: false,
    detached: true,
    cleanup: false,
    reject: false,
  });
  const limit = new AbortController();
  limit.signal.addEventListener('abort', () => killGroup(child.pid));
  const timer = spec.timeoutMs === null ? undefined : setTimeout(() => limit.abort(), spec.timeoutMs);
  const stop = (): void => killGroup(child.pid);
  spec.signal?.addEventListener('abort', stop);
  if (spec.signal?.aborted === true) stop();
  const result = await child;
  clearTimeout(timer);
  spec.signal?.removeEventListener('abort', stop);
  if (result.isMaxBuffer) killGroup(child.pid);
  const timedOut = limit.signal.aborted;
  const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);
  const code = timedOut ? 124 : codeOf(result.exitCode, result.signal, result.code);
  return { code, stdout: text(result.stdout), stderr: text(result.stderr), timedOut };
}

function codeOf(exit: number | undefined, signal: string | undefined, errno: string | undefined): number {
  if (exit !== undefined) return exit;
  if (signal !== undefined) return 128 + constants.signals[signal as NodeJS.Signals];
  return errno === 'ENOENT' ? 127 : 126;
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
