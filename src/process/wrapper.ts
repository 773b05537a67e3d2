import { constants } from 'node:os';
import { shellQuote } from '../base/words.ts';
import { pipeEnvironment } from './pipe-config.ts';
import type { PipeConfig } from './pipe-config.ts';
import { pipeFile } from './pipe-files.ts';
import type { ProcessSpec } from './processes.ts';
import { tryFile } from './try-files.ts';

/** What the wrapper ends with when somebody else has claimed its try: it has run nothing then. */
export const FENCED_EXIT = 75;

/** What a list ends with that was stopped between two entries, as after SIGTERM. */
const STOPPED_EXIT = 143;

/** Faults of the shell itself, what cannot be caught, and what does not end a process by default. */
const NOT_TRAPPED = new Set([
  ...['SIGKILL', 'SIGSTOP', 'SIGSEGV', 'SIGBUS', 'SIGFPE', 'SIGILL'],
  ...['SIGCHLD', 'SIGCONT', 'SIGTSTP', 'SIGTTIN', 'SIGTTOU', 'SIGURG', 'SIGWINCH', 'SIGINFO'],
]);

/** Variables that shells do not pass on as they got them: positional params, and what they reset for themselves. */
const NOT_PASSED_ON = /^([0-9]+|IFS|OPTIND)$/;

/**
 * The text of the wrapper that `/bin/sh` runs around the commands of a try (RELIABILITY.md §3.7,
 * docs/decisions/0003): it claims the try, runs them in order up to the first that fails, and writes how it
 * ended. It uses builtins only and no variables, so that nothing of it shows in the environment of a step.
 *
 * `exec` in a subshell runs the program itself where a builtin has the same name, and its own standard error
 * goes nowhere: what a shell says about a killed child is not output of the step. The traps let it survive
 * the signals of a stop; they end at `exec`, so commands start with default dispositions. A list looks for the
 * stop file between entries, because an entry may answer the signal by ending well.
 */
export function wrapperText(spec: ProcessSpec, umask: number, pipe: PipeStart | null = null): string {
  const lines = [
    'umask 077',
    `trap : ${trappedSignals().join(' ')}`,
    'exec 3>&2 2>/dev/null',
    'set -C',
    `echo "pid $$" > ${shellQuote(tryFile.claim(spec.dir))} || exit ${FENCED_EXIT}`,
    'set +C',
    // Its place on the disk is taken now, so that a disk that is full by the end does not lose the exit code (E1).
    `echo > ${shellQuote(tryFile.exit(spec.dir))}`,
    ...(pipe === null ? [] : pipeLines(pipe)),
    'set -- 0',
  ];
  spec.commands.forEach((command, index) => {
    if (index >= spec.firstCommand) lines.push(...entryLines(spec, command, index + 1, umask));
  });
  return [...lines, ...endLines(spec.dir)].join('\n') + '\n';
}

/** How a pipe process is started. */
export interface PipeStart {
  readonly config: PipeConfig;
  /** The command that starts flow. */
  readonly flow: readonly string[];
}

/** They change how Node starts; those of a step are not meant for flow. */
const OF_NODE = ['NODE_OPTIONS', 'NODE_DEBUG', 'NODE_V8_COVERAGE'];

/**
 * Starts the process that output passes through. Both sides open the named pipes in the same order, so that neither
 * waits for ever; the shell does it for the process, so that a command always has a reader or is told that there is
 * none. What only the process may know is taken out of the environment again.
 */
function pipeLines({ config, flow }: PipeStart): string[] {
  const { dir, streams } = config;
  const [out, err] = [pipeFile.out(dir), pipeFile.err(dir)].map(shellQuote);
  const start = [...flow, '__pipe'].map(shellQuote).join(' ');
  const inside = `trap '' ${trappedSignals().join(' ')}; cd /; unset ${OF_NODE.join(' ')}; exec ${start}`;
  const from = streams === 2 ? `<${out} 4<${err}` : `<${out}`;
  return [
    `(${inside}) ${from} 2>&3 3>&- &`,
    `unset ${Object.keys(pipeEnvironment(config)).join(' ')}`,
    streams === 2 ? `exec >${out} 3>${err}` : `exec >${out} 3>&1`,
  ];
}

function entryLines(spec: ProcessSpec, command: readonly string[], entry: number, umask: number): string[] {
  const words = [...envWords(spec.env), ...command].map(shellQuote).join(' ');
  const run = [`(umask ${umask.toString(8)}; exec ${words}) 2>&3 3>&-`, 'set -- "$?"'];
  if (spec.commands.length === 1) return run;
  const lines = [...run, `echo "$1" > ${shellQuote(tryFile.entryExit(spec.dir, entry))}`];
  if (entry === spec.commands.length) return lines;
  const stop = shellQuote(tryFile.stop(spec.dir));
  return [
    ...lines,
    `if [ "$1" -eq 0 ] && [ -e ${stop} ]; then set -- ${STOPPED_EXIT}; fi`,
    'if [ "$1" -ne 0 ]; then',
    ...endLines(spec.dir),
    'fi',
  ];
}

function endLines(dir: string): string[] {
  // `<>` writes over what is there and takes no new place.
  return [`echo "$1" 1<> ${shellQuote(tryFile.exit(dir))}`, 'exit "$1"'];
}

/**
 * `env 1=… ` for variables that a POSIX shell would lose. Arguments are public, so nothing else is passed this
 * way: an inherited variable with another odd name may be a secret, and is lost where `sh` cannot hold it.
 */
function envWords(env: Readonly<Record<string, string>>): string[] {
  const names = Object.keys(env).filter((name) => NOT_PASSED_ON.test(name));
  return names.length === 0 ? [] : ['/usr/bin/env', ...names.map((name) => `${name}=${env[name] ?? ''}`)];
}

function trappedSignals(): number[] {
  const numbers = Object.entries(constants.signals)
    .filter(([name]) => !NOT_TRAPPED.has(name))
    .map(([, number]) => number);
  return [...new Set(numbers)].sort((a, b) => a - b);
}
