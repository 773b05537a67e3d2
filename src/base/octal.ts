/** A file mode, read as octal from the text as written: `0644`, `644` (LANGUAGE.md §19.1); null if it is none. */
export function parseMode(text: string): number | null {
  return /^(?:0o?)?[0-7]{1,4}$/.test(text) ? parseInt(text.replace('o', ''), 8) : null;
}
