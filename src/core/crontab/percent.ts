/**
 * What cron makes of the rest of a line (crontab(5)): the first `%` that is not escaped ends the command, what follows
 * is its standard input, in which `%` is a line break. `\%` is a percent sign in both.
 */
export function splitPercent(text: string): { readonly command: string; readonly input: string | null } {
  const found = /^((?:[^\\%]|\\[^])*)%([^]*)$/.exec(text);
  const command = unescaped(found?.[1] ?? text);
  const rest = found?.[2] ?? '';
  return { command, input: rest === '' ? null : inputOf(rest) };
}

/** Only before a percent sign is a backslash cron's; a backslash that another one precedes is not. */
function unescaped(command: string): string {
  return command.replaceAll(/\\([^]?)/g, (pair, next: string) => (next === '%' ? '%' : pair));
}

/** Unlike in the command, every backslash here escapes the percent sign behind it. */
function inputOf(text: string): string {
  const lines = text.replaceAll(/\\%|%/g, (sign) => (sign === '%' ? '\n' : '%'));
  return lines.endsWith('\n') ? lines : `${lines}\n`;
}
