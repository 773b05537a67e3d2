import { compileRegexp } from '../base/regexp.ts';

/**
 * True if a line of the text equals `expected`, or matches the regexp after `re:` (LANGUAGE.md §12.1). An empty text
 * is one empty line. A regexp that does not compile is E602 of the file and matches nothing here.
 */
export function hasLine(text: string, expected: string): boolean {
  const lines = text.split(/\r?\n/);
  if (!expected.startsWith('re:')) return lines.includes(expected);
  const regexp = compileRegexp(expected.slice('re:'.length));
  return !('error' in regexp) && lines.some((line) => regexp.test(line));
}

/** Whether a repetition is followed by another (§13.5); null stands for what the policy does not name. */
export function goesOn(
  mode: 'success' | 'while' | 'until',
  facts: { readonly succeeded: boolean; readonly met: boolean | null; readonly listed: boolean | null },
): boolean {
  switch (mode) {
    case 'success':
      return facts.succeeded;
    case 'while':
      return facts.met === true || facts.listed === true;
    case 'until':
      return facts.met === false || facts.listed === false;
  }
}
