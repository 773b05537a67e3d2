import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** A process that lives: zombies (Z) and the dead (X) are not shown, although signals still reach them (B6). */
export interface ProcessInfo {
  readonly pid: number;
  readonly group: number;
  /** Field 22 of /proc/<pid>/stat, elsewhere `ps -o lstart`: compared for equality only. */
  readonly start: string;
}

const HAS_PROC = process.platform === 'linux';

/** The living process with this pid, or null. */
export function processInfo(pid: number): ProcessInfo | null {
  if (HAS_PROC) return parseStat(readProc(`${pid}/stat`));
  return parsePs(ps(['-p', String(pid)]))[0] ?? null;
}

/** The start time also of a zombie; null when the process is gone. */
export function startTime(pid: number): string | null {
  return HAS_PROC ? (statFields(readProc(`${pid}/stat`))[19] ?? null) : (processInfo(pid)?.start ?? null);
}

/** Every living process that may be seen. */
export function listProcesses(): ProcessInfo[] {
  if (!HAS_PROC) return parsePs(ps(['-ax']));
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => parseStat(readProc(`${name}/stat`)))
    .filter((info) => info !== null);
}

/**
 * The values that a variable has in the environment a process was started with; null when it cannot be read
 * (another user's process, or a system without /proc).
 */
export function startedWith(pid: number, variable: string): string[] | null {
  const environ = HAS_PROC ? readProc(`${pid}/environ`) : null;
  if (environ === null) return null;
  if (!environ.includes(`${variable}=`)) return [];
  return environ
    .toString('utf8')
    .split('\0')
    .filter((entry) => entry.startsWith(`${variable}=`))
    .map((entry) => entry.slice(variable.length + 1));
}

/** Null when the process has vanished meanwhile, or is another user's. */
function readProc(path: string): Buffer | null {
  try {
    return readFileSync(`/proc/${path}`);
  } catch (error) {
    if (GONE_OR_CLOSED.has((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error; // without descriptors (EMFILE) nothing is known, least of all that it is dead
  }
}

const GONE_OR_CLOSED = new Set(['ENOENT', 'ESRCH', 'EACCES', 'EPERM']);

function parseStat(stat: Buffer | null): ProcessInfo | null {
  const fields = statFields(stat);
  const [state, , group] = fields;
  const start = fields[19];
  if (stat === null || group === undefined || start === undefined || /^[ZXx]/.test(state ?? '')) return null;
  return { pid: Number.parseInt(stat.toString('latin1'), 10), group: Number(group), start };
}

/** From field 3, the state. The name before it may hold spaces and parentheses: the last one ends it. */
function statFields(stat: Buffer | null): string[] {
  const text = stat?.toString('latin1') ?? '';
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

function ps(select: readonly string[]): string {
  try {
    return execFileSync('ps', [...select, '-o', 'pid=,pgid=,stat=,lstart='], {
      encoding: 'utf8',
      env: { PATH: '/bin:/usr/bin', LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch (error) {
    if ((error as { status?: number | null }).status === 1) return ''; // it found nothing
    throw error;
  }
}

/** Reads `ps -o pid=,pgid=,stat=,lstart=`. */
export function parsePs(text: string): ProcessInfo[] {
  return [...text.matchAll(/^ *(\d+) +(\d+) +(\S+) +(.*\S) *$/gm)]
    .filter(([, , , stat]) => !/^[ZX]/.test(stat ?? ''))
    .map(([, pid, group, , start]) => ({ pid: Number(pid), group: Number(group), start: start ?? '' }));
}
