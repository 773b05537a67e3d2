import { shellQuote, splitWords } from '../base/words.ts';

/** A shell as a step or the root names it, resolved; `words` are the program and its first arguments. */
export interface NamedShell {
  readonly words: readonly string[];
  readonly args: readonly string[];
  /** Only for nix-shell. */
  readonly packages: readonly string[];
}

export interface RunInput {
  readonly form: 'command' | 'script' | 'commands';
  /** A command may have line breaks as it is written: a condition. */
  readonly multiline?: boolean;
  /** Resolved: one text, or the entries of a list. */
  readonly texts: readonly string[];
  /** `with.shell` of the step. */
  readonly step: NamedShell | null;
  readonly root: NamedShell | null;
  /** Text of words, used when neither names a shell. */
  readonly defaultShell: string;
  /** Absolute path of the private file that a script is written to. */
  readonly scriptPath: string;
}

/** What to execute: argument vectors, in order, and the text of the script file, if one is needed. */
export interface RunPlan {
  readonly commands: string[][];
  readonly script: string | null;
}

/** Why nothing is executed (LANGUAGE.md §6.4); never holds the text of a command. */
export interface RunError {
  readonly code: 'R301' | 'R302' | 'R303' | 'R305';
  readonly message: string;
}

type Family = 'posix' | 'pwsh' | 'nix-shell' | 'other';

/** A chosen shell: program, arguments without the flag that flow adds, and whether to stop on error. */
interface Shell {
  readonly family: Family;
  readonly program: string;
  readonly args: readonly string[];
  readonly packages: readonly string[];
  readonly named: boolean;
}

const POSIX: ReadonlySet<string> = new Set(['sh', 'bash', 'zsh', 'ksh', 'ash', 'dash']);

/** Stop at the first error, also of a program, and write UTF-8 (§6.2). */
const PWSH_PROLOGUE =
  "$ErrorActionPreference = 'Stop'; $PSNativeCommandUseErrorActionPreference = $true; " +
  '$OutputEncoding = [Console]::OutputEncoding = [Text.UTF8Encoding]::new(); ';

/** Plans a `run` step (§6.1–§6.3). Decides nothing about whether programs exist. */
export function planRun(input: RunInput): RunPlan | { error: RunError } {
  const { form, texts, scriptPath } = input;
  const script = form === 'script' ? (texts[0] ?? '') : null;
  if (script === null) {
    const broken = input.multiline === true ? -1 : texts.findIndex((text) => text.includes('\n'));
    if (broken >= 0) return failed('R301', lineBreakMessage(form, broken));
  } else if (script.startsWith('#!') && !isNamed(input.step)) {
    const interpreter = readShebang(script);
    return 'error' in interpreter ? interpreter : { commands: [[...interpreter, scriptPath]], script };
  }
  const shell = chooseShell(input);
  if (shell.packages.length > 0 && shell.family !== 'nix-shell') {
    return failed('R305', `shell_packages: only nix-shell takes packages, the shell is ${shell.program}`);
  }
  const args = withoutCommandFlag(shell, script !== null);
  if ('error' in args) return args;
  if (script !== null) return { commands: [scriptCommand(shell, args, scriptPath)], script };
  return { commands: texts.map((text) => textCommand(shell, args, text)), script: null };
}

function failed(code: RunError['code'], message: string): { error: RunError } {
  return { error: { code, message } };
}

function lineBreakMessage(form: RunInput['form'], index: number): string {
  const field = form === 'commands' ? `run[${index}]` : 'run';
  return `${field}: contains a line break after substitution, hand the value over in a variable`;
}

/** The words of the first line `#!` (§6.3). */
function readShebang(script: string): string[] | { error: RunError } {
  const [line = ''] = script.slice(2).split('\n', 1);
  const words = splitWords(line);
  if ('error' in words) return failed('R303', `shebang: ${words.error}`);
  if (words[0] === undefined || words[0] === '') return failed('R303', 'shebang: names no interpreter');
  return words;
}

/** A shell that resolved to nothing names none. */
function isNamed(shell: NamedShell | null): shell is NamedShell {
  return shell !== null && shell.words.length > 0;
}

function chooseShell({ step, root, defaultShell }: RunInput): Shell {
  const chosen = [step, root].find(isNamed) ?? { words: defaultWords(defaultShell), args: [], packages: [] };
  const [program = 'sh', ...args] = chosen.words;
  return {
    family: familyOf(program),
    program,
    args: [...args, ...chosen.args],
    packages: chosen.packages,
    named: chosen === step,
  };
}

/** A value that is no list of words, such as a path with an apostrophe, is the program itself. */
function defaultWords(text: string): string[] {
  const words = splitWords(text);
  return 'error' in words ? [text] : words;
}

/** True for shells that know `.` and `-c` as POSIX says. */
export function isPosixShell(program: string): boolean {
  return familyOf(program) === 'posix';
}

function familyOf(program: string): Family {
  const name = (/[^/\\]*$/.exec(program)?.[0] ?? '').toLowerCase().replace(/\.exe$/, '');
  if (POSIX.has(name)) return 'posix';
  return name === 'pwsh' || name === 'nix-shell' ? name : 'other';
}

/** The arguments without the author's own `-c`, which may only be the last one, of a command (§6.2, R302). */
function withoutCommandFlag(shell: Shell, isScript: boolean): string[] | { error: RunError } {
  const args = [...shell.args];
  for (const [i, arg] of args.entries()) {
    const use = commandFlagUse(shell.family, arg);
    if (use === 'none') continue;
    if (isScript) return failed('R302', `${flagOf(arg)} is not allowed in script form`);
    if (use === 'joined') {
      const exact = exactFlag(shell.family);
      return failed('R302', `${flagOf(arg)} is not allowed, write ${exact} as the last argument`);
    }
    if (i < args.length - 1) return failed('R302', `${arg} must be the last argument of the shell`);
    args.pop();
  }
  return args;
}

/** Without what is joined to it, which may be the text of a command. */
function flagOf(arg: string): string {
  return arg.replace(/^(-c|--?[A-Za-z]+[=:]).+$/s, '$1…');
}

function exactFlag(family: Family): string {
  return { posix: '-c', other: '-c', pwsh: '-Command', 'nix-shell': '--run' }[family];
}

/** Whether an argument is the flag before the text of a command, exactly or in another form. */
function commandFlagUse(family: Family, arg: string): 'none' | 'exact' | 'joined' {
  switch (family) {
    case 'posix':
      if (arg === '-c') return 'exact';
      return /^-[A-Za-z]*c/.test(arg) ? 'joined' : 'none';
    case 'other':
      if (arg === '-c') return 'exact';
      return /^-c|^-[A-Za-z]+c$|^--command(=|$)/.test(arg) ? 'joined' : 'none';
    case 'nix-shell':
      if (arg === '--run') return 'exact';
      return /^--run=|^--command(=|$)/.test(arg) ? 'joined' : 'none';
    case 'pwsh':
      return pwshFlagUse(arg.toLowerCase());
  }
}

/** Names of pwsh are free in case and may be cut short. */
function pwshFlagUse(arg: string): 'none' | 'exact' | 'joined' {
  if (arg === '-command' || arg === '-c') return 'exact';
  const name = /^--?([a-z]+)(?::|$)/.exec(arg)?.[1];
  if (name === undefined) return 'none';
  const long = ['command', 'encodedcommand', 'commandwithargs'].some((flag) => flag.startsWith(name));
  return long || name === 'ec' || name === 'cwa' ? 'joined' : 'none';
}

function textCommand(shell: Shell, args: readonly string[], text: string): string[] {
  switch (shell.family) {
    case 'posix':
      return [shell.program, ...args, ...stopFlag(shell, args), '-c', text];
    case 'pwsh':
      return [shell.program, ...args, '-NoProfile', '-NonInteractive', '-Command', PWSH_PROLOGUE + text];
    case 'nix-shell':
      return nixCommand(shell, args, shell.named ? text : `set -e; ${text}`);
    case 'other':
      return [shell.program, ...args, '-c', text];
  }
}

function scriptCommand(shell: Shell, args: readonly string[], file: string): string[] {
  switch (shell.family) {
    case 'posix':
      return [shell.program, ...args, ...stopFlag(shell, args), file];
    case 'pwsh':
      return [shell.program, ...args, '-ExecutionPolicy', 'Bypass', '-File', file];
    case 'nix-shell':
      return nixCommand(shell, args, `bash ${shell.named ? '' : '-e '}${shellQuote(file)}`);
    case 'other':
      return [shell.program, ...args, file];
  }
}

function nixCommand(shell: Shell, args: readonly string[], text: string): string[] {
  const packages = shell.packages.length === 0 ? [] : ['-p', ...shell.packages];
  return [shell.program, ...args, ...packages, '--pure', '--run', text];
}

/** `-e`, unless the step names its shell or the arguments have it: `-e`, `-eu`, `-o errexit`. */
function stopFlag(shell: Shell, args: readonly string[]): string[] {
  const has = args.some(
    (arg, i) => /^-[A-Za-z]*e/.test(arg) || (arg === 'errexit' && /^-[A-Za-z]*o$/.test(args[i - 1] ?? '')),
  );
  return shell.named || has ? [] : ['-e'];
}
