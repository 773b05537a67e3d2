const SEQUENCES =
  /\x1b\[([0-?]*)[ -/]*([@-~])|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\|$)|\x1b[ -/]*[0-~]|\x9b[0-?]*[ -/]*[@-~]/g;
const CONTROLS = /[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f\x80-\x9f]|\x1b(?!\[[0-9;:]*m)/g;

/**
 * One line of foreign output as a terminal may show it (RELIABILITY.md F7): colours pass, everything else that
 * moves the cursor, sets titles or rings is dropped. After a carriage return only what overwrites is kept.
 */
export function printable(line: string): string {
  const shown = line.slice(line.lastIndexOf('\r', line.length - 2) + 1);
  if (!/[\x00-\x08\x0b-\x1f\x7f-\x9f]/.test(shown)) return shown;
  const clean = shown
    .replace(SEQUENCES, (all, params: string | undefined, final: string | undefined) =>
      final === 'm' && /^[0-9;:]*$/.test(params ?? '') ? all : '',
    )
    .replace(CONTROLS, '');
  return clean.includes('\x1b') ? `${clean}\x1b[0m` : clean;
}
