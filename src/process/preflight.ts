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
  const parts = partsOf(spec);
  for (const part of parts) {
    if (part.text.includes('\0')) throw cannotStart(`${part.name} contains a NUL character`);
    if (part.bytes > LONGEST_WORD)
      throw cannotStart(
        `${part.name} is too large: ${part.bytes} bytes, ` +
          `the system takes at most ${LONGEST_WORD}; pass a file instead`,
      );
  }
  return bytesOf(parts);
}

function bytesOf(parts: readonly Part[]): number {
  return parts.reduce((sum, part) => sum + part.bytes + 1, 0);
}

/** E2BIG: together the environment and the command are more than the system takes (H12). */
export function tooLarge(spec: ProcessSpec): StartError {
  const parts = partsOf(spec).sort((a, b) => b.bytes - a.bytes);
  const largest = parts.slice(0, 3).map((part) => `${part.name} with ${part.bytes} bytes`);
  return cannotStart(
    `environment and command are too large for the system: ${bytesOf(parts)} bytes; the largest are ` +
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
  const found = statOf(cwd);
  if (found === null) throw new StartError('R306', `working directory does not exist: ${cwd}`, 1);
  if (!found.isDirectory()) throw new StartError('R306', `working directory is not a directory: ${cwd}`, 1);
  if (!mayExecute(cwd)) throw new StartError('R306', `working directory cannot be entered: ${cwd}`, 1);
}

/** Looks a program up as `exec` does (R304): with a slash from the directory, else on the step's PATH. */
function checkProgram(program: string, spec: ProcessSpec): void {
  const path = spec.env['PATH'] ?? DEFAULT_PATH;
  const candidates = program.includes('/')
    ? [resolve(spec.cwd, program)]
    : path.split(delimiter).map((directory) => resolve(spec.cwd, directory, program));
  const found = program === '' ? [] : candidates.filter((file) => statOf(file) !== null);
  if (found.length === 0) throw new StartError('R304', `program "${program}" not found`, 127);
  if (!found.some((file) => statOf(file)?.isFile() === true && mayExecute(file))) {
    throw new StartError('R304', `program "${program}" not executable`, 126);
  }
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
