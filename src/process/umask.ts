import { readFileSync } from 'node:fs';

/**
 * The umask of this process. `process.umask()` sets it to 0 for a moment to find out, for all threads of the program;
 * where the system tells it, that is not done.
 */
export function currentUmask(): number {
  const told = process.platform === 'linux' ? /^Umask:\s*([0-7]+)$/m.exec(statusOfProcess()) : null;
  if (told?.[1] !== undefined) return parseInt(told[1], 8);
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- other systems have nothing else
  return process.umask();
}

function statusOfProcess(): string {
  try {
    return readFileSync('/proc/self/status', 'utf8');
  } catch {
    return '';
  }
}
