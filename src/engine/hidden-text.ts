import { join } from 'node:path';
import { isPosixShell } from '../core/shell.ts';

export interface HiddenTexts {
  readonly commands: readonly (readonly string[])[];
  readonly texts: readonly { readonly path: string; readonly text: string }[];
}

/**
 * Arguments are public (RELIABILITY.md H7): the text of a command with a secret in it goes into a private file that
 * the shell reads instead. Only for shells whose way to do that is known.
 */
export function hideTexts(
  commands: readonly (readonly string[])[],
  dir: string,
  isSecret: (text: string) => boolean,
): HiddenTexts {
  const texts: { path: string; text: string }[] = [];
  const hidden = commands.map((command, i) => {
    const text = command.at(-1) ?? '';
    if (command.at(-2) !== '-c' || !isPosixShell(command[0] ?? '') || !isSecret(text)) return command;
    const path = join(dir, 'text', String(i + 1));
    texts.push({ path, text: `${text}\n` });
    return [...command.slice(0, -1), '. "$0"', path];
  });
  return { commands: hidden, texts };
}
