import {
  closeSync,
  existsSync,
  fchmodSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { flowError } from '../errors/diagnostic.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { languageSchema } from '../language/editor-schema.ts';
import type { Context } from './context.ts';
import { shownPath } from '../machine/shown-path.ts';

const SCHEMA_FILE = 'flow.schema.json';

/** The first line of a DAG file that flow writes: editors check it with the schema beside it. */
export const SCHEMA_LINE = `# yaml-language-server: $schema=./${SCHEMA_FILE}`;

export interface NewFile {
  /** Absolute. */
  readonly path: string;
  readonly text: string;
}

/**
 * Writes files and the folders they lie in: all of them or none. Nothing that exists is written over.
 * @throws FlowError (exit 1, S018); `hint` is for a file that exists
 */
export function writeNewFiles(context: Context, files: readonly NewFile[], hint: string): void {
  const begun: string[] = [];
  for (const { path, text } of files) {
    try {
      makeFolder(context, dirname(path));
      const file = openSync(path, 'wx');
      begun.push(path);
      try {
        writeFileSync(file, text);
        fchmodSync(file, 0o666 & ~context.umask);
      } finally {
        closeSync(file);
      }
    } catch (error) {
      for (const one of begun) rmSync(one, { force: true });
      const { code, syscall, message } = error as NodeJS.ErrnoException;
      const shown = shownPath(path, context.cwd);
      const exists = code === 'EEXIST' && syscall === 'open';
      if (exists) throw flowError(EXIT.failed, 'S018', `${shown} exists already`, hint);
      throw flowError(EXIT.failed, 'S018', `cannot write ${shown}: ${message}`);
    }
  }
}

/** What flow keeps is private; what it writes for people is as open as everything else they write. */
function makeFolder({ umask }: Context, path: string): void {
  const mask = process.umask(umask);
  try {
    mkdirSync(path, { recursive: true });
  } finally {
    process.umask(mask);
  }
}

/** Writes the schema into a folder; an older one is left alone: it may be someone's own. Says which file it made. */
export function writeSchema(context: Context, folder: string): string[] {
  const path = join(folder, SCHEMA_FILE);
  const shown = shownPath(path, context.cwd);
  const text = `${JSON.stringify(languageSchema(), null, 2)}\n`;
  if (!existsSync(path)) {
    writeNewFiles(context, [{ path, text }], 'call it again');
    return [shown];
  }
  if (readFileSync(path, 'utf8') !== text) {
    const hint = context.paintErr('hint', 'hint:');
    context.err.write(
      `${shown} is of another version and was left as it is\n${hint} flow schema > ${shown}\n`,
    );
  }
  return [];
}
