import { constants } from 'node:os';
import { shellQuote } from '../base/words.ts';
import type { EnvironmentChange } from './wrapper-environment.ts';
import { NOT_PASSED_ON } from './wrapper-environment.ts';
import { pipeEnvironment } from './pipe-config.ts';
import type { PipeConfig } from './pipe-config.ts';
import { pipeFile } from './pipe-files.ts';
import type { ProcessSpec } from './processes.ts';
import { claimText, tryFile } from './try-files.ts';
import type { Claimant } from './try-files.ts';

/** What a try ends with that somebody else has claimed: it has run nothing then. */
export const FENCED_EXIT = 75;

/** What a try ends with, unclaimed, whose first or second log could not be made. */
export const NO_OUT_LOG = 71;
export const NO_ERR_LOG = 72;

/** What a command ends with that was stopped before it began, as after SIGTERM. */
const STOPPED_EXIT = 143;

/** Faults of the shell itself, what cannot be caught, and what does not end a process by default. */
const NOT_TRAPPED = new Set([
  ...['SIGKILL', 'SIGSTOP', 'SIGSEGV', 'SIGBUS', 'SIGFPE', 'SIGILL'],
  ...['SIGCHLD', 'SIGCONT', 'SIGTSTP', 'SIGTTIN', 'SIGTTOU', 'SIGURG', 'SIGWINCH', 'SIGINFO'],
]);

const SIGNALS = trappedSignals().join(' ');

/**
 * What a wrapper reads first. The traps let it survive the signals of a stop; they end in its subshells, so commands
 * start with default dispositions.
 */
export const WRAPPER_SETUP = `umask 077\ntrap : ${SIGNALS}\n`;

/** What the text of a try depends on, besides the try. */
export interface WrapperInput {
  /** The wrapper that is to run it. */
  readonly wrapper: Claimant;
  /** From the environment of the wrapper to that of the try. */
  readonly change: EnvironmentChange;
  /** The one that commands get. */
  readonly umask: number;
  readonly pipe: PipeStart | null;
}

/** How a pipe process is started. */
export interface PipeStart {
  readonly config: PipeConfig;
  /** The command that starts flow. */
  readonly flow: readonly string[];
}

/**
 * The text that lets a wrapper run the commands of a try (RELIABILITY.md §3.7, docs/decisions/0003, 0015): it claims the
 * try, runs them in order up to the first that fails, writes how it ended into the exit file, and tells it in one line
 * on its standard output. It uses builtins only and no variables, so that nothing of it shows in the environment of a
 * step.
 */
export function tryText(spec: ProcessSpec, input: WrapperInput): string {
  const lines = isSimple(spec, input.pipe) ? commandLines(spec, input) : listLines(spec, input);
  return `{ ${lines.join('\n')}\n}\n`;
}

/** One command whose output goes straight into its log: then the wrapper can run another try afterwards. */
export function isSimple(spec: ProcessSpec, pipe: PipeStart | null): boolean {
  return spec.commands.length === 1 && spec.firstCommand === 0 && pipe === null;
}

/**
 * The command takes the place of the subshell that claimed the try: one process for a step. The claim is made after the
 * fork, so that a wrapper that cannot fork has begun nothing (E13).
 */
function commandLines(spec: ProcessSpec, input: WrapperInput): string[] {
  const [command = []] = spec.commands;
  return [
    '(',
    ...claimLines(spec, input, (code) => `exit ${code}`),
    ...enterLines(spec, input),
    execLine(spec, command, input.umask, logsOf(spec)),
    ')',
    'set -- "$?"',
    ...endLines(spec.dir),
  ];
}

/** The wrapper ends with the try: its environment is that of the try, and it holds the pipes open. */
function listLines(spec: ProcessSpec, input: WrapperInput): string[] {
  const { pipe, umask } = input;
  const sinks = pipe === null ? logsOf(spec) : '>&3 2>&4 3>&- 4>&-';
  const lines = [
    // Whether there is a process left.
    '(:) || exit',
    ...claimLines(spec, input, (code) => `{ echo "unclaimed ${code}"; exit; }`),
    ...enterLines(spec, input),
    ...(pipe === null ? [] : pipeLines(spec, pipe)),
    'set -- 0',
  ];
  const last = spec.commands.length;
  spec.commands.forEach((command, index) => {
    if (index < spec.firstCommand) return;
    const entry = index + 1;
    lines.push(`(${execLine(spec, command, umask, sinks)})`, 'set -- "$?"');
    if (last > 1) lines.push(`echo "$1" > ${shellQuote(tryFile.entryExit(spec.dir, entry))}`);
    if (entry < last) lines.push('if [ "$1" -ne 0 ]; then', ...endLines(spec.dir), 'exit; fi');
  });
  return [...lines, ...endLines(spec.dir), 'exit'];
}

/**
 * What is made here is private by the umask of the wrapper, must not be there, and no link is followed: noclobber opens
 * with O_EXCL (E11). `true` and not `:`, with which a shell would end when it cannot open a file.
 */
function claimLines(
  { dir, out, err }: ProcessSpec,
  { wrapper }: WrapperInput,
  refuse: (code: number) => string,
): string[] {
  return [
    'set -C',
    `true > ${shellQuote(out)} || ${refuse(NO_OUT_LOG)}`,
    ...(err === out ? [] : [`true > ${shellQuote(err)} || ${refuse(NO_ERR_LOG)}`]),
    `echo ${shellQuote(claimText(wrapper))} > ${shellQuote(tryFile.claim(dir))} || ${refuse(FENCED_EXIT)}`,
    // Its place on the disk is taken now, so that a disk that is full by the end does not lose the exit code (E1).
    `echo > ${shellQuote(tryFile.exit(dir))}`,
    `true > ${shellQuote(tryFile.outputs(dir))}`,
    'set +C',
  ];
}

/** `<>` writes over what is there and takes no new place. Without a claim there is no exit file, and none is made. */
function endLines(dir: string): string[] {
  const exit = shellQuote(tryFile.exit(dir));
  return [`if [ -e ${exit} ]; then echo "$1" 1<> ${exit}; echo "ended $1"; else echo "unclaimed $1"; fi`];
}

function enterLines(spec: ProcessSpec, { change }: WrapperInput): string[] {
  const set = Object.entries(change.set).map(([name, value]) => `${name}=${shellQuote(value)}`);
  return [
    `cd ${shellQuote(spec.cwd)} || exit 126`,
    ...(change.unset.length > 0 ? [`unset ${change.unset.join(' ')}`] : []),
    ...(set.length > 0 ? [`export ${set.join(' ')}`] : []),
  ];
}

/**
 * The signal of a stop may have come while the wrapper, which survives it, had not begun with this yet, or the entry before
 * may have answered it by ending well: the stop file is there before the signal, and from here on the signal ends it.
 */
function execLine(spec: ProcessSpec, command: readonly string[], umask: number, sinks: string): string {
  const words = [...envWords(spec.env), ...command].map(shellQuote).join(' ');
  const unlessStopped = `if [ -e ${shellQuote(tryFile.stop(spec.dir))} ]; then exit ${STOPPED_EXIT}; fi`;
  return `${unlessStopped}; umask ${umask.toString(8)}; exec ${words} </dev/null ${sinks}`;
}

/** Appending, so that a file which a command truncates (`> /dev/stdout`) gets no hole. */
function logsOf({ out, err }: ProcessSpec): string {
  return `>>${shellQuote(out)} ${err === out ? '2>&1' : `2>>${shellQuote(err)}`}`;
}

/** They change how Node starts; those of a step are not meant for flow. */
const OF_NODE = ['NODE_OPTIONS', 'NODE_DEBUG', 'NODE_V8_COVERAGE'];

/**
 * Starts the process that output passes through. Both sides open the named pipes in the same order, so that neither
 * waits for ever; the shell does it for the process, so that a command always has a reader or is told that there is
 * none. What only the process may know is in its environment and in no other.
 */
function pipeLines(spec: ProcessSpec, { config, flow }: PipeStart): string[] {
  const { dir, streams } = config;
  const [out, err] = [pipeFile.out(dir), pipeFile.err(dir)].map(shellQuote);
  const start = [...flow, '__pipe'].map(shellQuote).join(' ');
  const own = Object.entries(pipeEnvironment(config)).map(([name, value]) => `${name}=${shellQuote(value)}`);
  const inside = `trap '' ${SIGNALS}; cd /; unset ${OF_NODE.join(' ')}; export ${own.join(' ')}; exec ${start}`;
  const from = streams === 2 ? `<${out} 4<${err}` : `<${out}`;
  return [
    `(${inside}) ${from} ${logsOf(spec)} &`,
    streams === 2 ? `exec 3>${out} 4>${err}` : `exec 3>${out} 4>&3`,
  ];
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
