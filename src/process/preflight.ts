import type { Stats } from 'node:fs';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, resolve } from 'node:path';
import type { ProcessSpec } from './processes.ts';
import { StartError } from './processes.ts';

/** Where shells look when there is no PATH. */
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Linux takes no single argument or variable longer than this, its final NUL not counted (F9). */
const LONGEST_WORD = process.platform === 'linux' ? 131_071 : Number.POSITIVE_INFINITY;

/**
 * Finds what would keep the try from starting and says so in words of its own. Returns the bytes that environment and
 * commands need together, without the pointers to them.
 * @throws StartError
 */
export function preflight(spec: ProcessSpec): number {
  checkDirectory(spec.cwd);
  const commands = spec.commands.slice(spec.firstCommand);
  for (const program of new Set(commands.map(([first]) => first ?? ''))) checkProgram(program, spec);
  let sum = 0;
  for (const name in spec.env) sum += bytesOf(name) + 1 + bytesOf(spec.env[name] ?? '') + 1;
  for (const command of commands) for (const word of command) sum += bytesOf(word) + 1;
  // Only what is large, or odd, is looked at word by word.
  if (sum > LONGEST_WORD) for (const part of partsOf(spec)) checkLength(part);
  return sum;

  function bytesOf(text: string): number {
    if (text.includes('\0')) throw nulIn(spec);
    return Buffer.byteLength(text);
  }
}

function nulIn(spec: ProcessSpec): StartError {
  const part = partsOf(spec).find(({ text }) => text.includes('\0'));
  return cannotStart(`${part?.name ?? 'a variable'} contains a NUL character`);
}

function checkLength({ name, bytes }: Part): void {
  if (bytes <= LONGEST_WORD) return;
  throw cannotStart(
    `${name} is too large: ${bytes} bytes, the system takes at most ${LONGEST_WORD}; pass a file instead`,
  );
}

/** E2BIG: together the environment and the command are more than the system takes (H12). */
export function tooLarge(spec: ProcessSpec): StartError {
  const parts = partsOf(spec).sort((a, b) => b.bytes - a.bytes);
  const largest = parts.slice(0, 3).map((part) => `${part.name} with ${part.bytes} bytes`);
  const sum = parts.reduce((bytes, part) => bytes + part.bytes + 1, 0);
  return cannotStart(
    `environment and command are too large for the system: ${sum} bytes; the largest are ` +
      `${largest.join(', ')}; pass a file instead`,
  );
}

/** The try cannot be started for a reason that has no code of its own in LANGUAGE.md. */
export function cannotStart(message: string): StartError {
  return new StartError('R308', message, 1);
}

interface Part {
  /** For people; never the text, which may hold a secret. */
  readonly name: string;
  readonly text: string;
  readonly bytes: number;
}

function partsOf(spec: ProcessSpec): Part[] {
  const part = (name: string, text: string): Part => ({ name, text, bytes: Buffer.byteLength(text) });
  const variables = Object.entries(spec.env).map(([name, value]) =>
    part(`variable "${name}"`, `${name}=${value}`),
  );
  const words = spec.commands
    .slice(spec.firstCommand)
    .flatMap((command) =>
      command.map((word, i) => part(i === 0 ? 'the program name' : `argument ${i}`, word)),
    );
  return [...variables, ...words];
}

function checkDirectory(cwd: string): void {
  // What lies in a directory can be seen only where there is one that may be entered.
  if (mayExecute(`${cwd}/.`)) return;
  const found = statOf(cwd);
  if (found === null) throw new StartError('R306', `working directory does not exist: ${cwd}`, 1);
  if (!found.isDirectory()) throw new StartError('R306', `working directory is not a directory: ${cwd}`, 1);
  throw new StartError('R306', `working directory cannot be entered: ${cwd}`, 1);
}

/** Looks a program up as `exec` does (R304): with a slash from the directory, else on the step's PATH. */
function checkProgram(program: string, spec: ProcessSpec): void {
  const path = spec.env['PATH'] ?? DEFAULT_PATH;
  const candidates = program.includes('/')
    ? [resolve(spec.cwd, program)]
    : path.split(delimiter).map((directory) => resolve(spec.cwd, directory, program));
  let found = false;
  for (const file of program === '' ? [] : candidates) {
    const stats = statOf(file);
    if (stats?.isFile() === true && mayExecute(file)) return;
    found ||= stats !== null;
  }
  if (!found) throw new StartError('R304', `program "${program}" not found`, 127);
  throw new StartError('R304', `program "${program}" not executable`, 126);
}

/** Null also when a directory on the way is closed to us: what cannot be seen is not there for the step either. */
function statOf(path: string): Stats | null {
  try {
    return statSync(path, { throwIfNoEntry: false }) ?? null;
  } catch {
    return null;
  }
}

function mayExecute(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
