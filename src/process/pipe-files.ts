import { execFile } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Clock } from '../base/clock.ts';
import { sleep } from '../base/clock.ts';
import { makePrivateDirectory } from './private-files.ts';
import type { PipeEnd, ProcessSpec } from './processes.ts';
import { tryFile } from './try-files.ts';

/** After the end of a step its output is awaited this long: something it left running may hold it open (B4, F11). */
const PATIENCE_MS = 5_000;
const LOOK_AGAIN_MS = 10;

/** The files of a pipe process, below the directory of its try; they exist only where output passes through one. */
export const pipeFile = {
  dir: (dir: string): string => join(dir, 'pipe'),
  /** Named pipes, gone as soon as both sides have opened them. */
  out: (dir: string): string => join(dir, 'pipe', 'out'),
  err: (dir: string): string => join(dir, 'pipe', 'err'),
  /** Written last, when both streams have ended. */
  done: (dir: string): string => join(dir, 'pipe', 'done'),
} as const;

/** What a try wants of a pipe process; null when its output goes straight into the log. */
export function pipeOf({ pipe, out, err }: ProcessSpec): { readonly streams: 1 | 2 } | null {
  if (pipe === undefined) return null;
  const toAuthor = pipe.stdout !== null || pipe.stderr !== null;
  if (!pipe.mask && !toAuthor) return null;
  // Two streams in one log keep their order only in one pipe, where nobody can tell them apart.
  return { streams: out === err && !toAuthor ? 1 : 2 };
}

/** Makes the named pipes of a try; Node itself cannot. */
export async function makePipes(dir: string, streams: 1 | 2): Promise<void> {
  makePrivateDirectory(pipeFile.dir(dir));
  const paths = [pipeFile.out(dir), pipeFile.err(dir)].slice(0, streams).filter((path) => !existsSync(path));
  if (paths.length > 0) await promisify(execFile)('mkfifo', ['-m', '600', ...paths]);
}

/** Waits until the output of an ended try is in its log, for a while; null when it went straight there. */
export async function pipeEnd(clock: Clock, dir: string, patient: boolean): Promise<PipeEnd | null> {
  if (!existsSync(pipeFile.dir(dir))) return null;
  const deadline = clock.mono() + (patient ? patience(clock, dir) : 0);
  while (true) {
    const report = readReport(dir);
    if (report !== null) return report;
    if (clock.mono() >= deadline) break;
    await sleep(clock, LOOK_AGAIN_MS);
  }
  if (!patient) return { masked: [], notes: [] };
  const notes = [
    `output was still open ${PATIENCE_MS / 1000} s after the end, later output is only in the log`,
  ];
  return { masked: ['stdout', 'stderr'], notes };
}

/** A try that ended long ago has nothing to wait for. */
function patience(clock: Clock, dir: string): number {
  const exit = statSync(tryFile.exit(dir), { throwIfNoEntry: false });
  return exit === undefined
    ? PATIENCE_MS
    : Math.max(0, PATIENCE_MS - Math.max(0, clock.wall() - exit.mtimeMs));
}

/** Lines `masked <stream>`, `left_out <stream> <bytes>` and `note <text>`, complete when the last one is `end`. */
function readReport(dir: string): PipeEnd | null {
  const path = pipeFile.done(dir);
  if (!existsSync(path)) return null;
  const text = readFileSync(path, 'utf8');
  if (!text.endsWith('end\n')) return null;
  const lines = text.split('\n');
  const masked = (['stdout', 'stderr'] as const).filter((stream) => lines.includes(`masked ${stream}`));
  const notes = lines.filter((line) => line.startsWith('note ')).map((line) => line.slice('note '.length));
  const leftOut = lines.flatMap((line) => {
    const found = /^left_out (stdout|stderr) (\d+)$/.exec(line);
    return found === null ? [] : [[found[1], Number(found[2])] as const];
  });
  return {
    masked,
    notes,
    ...(leftOut.length === 0 ? {} : { leftOut: Object.fromEntries(leftOut) as PipeEnd['leftOut'] & object }),
  };
}

export function reportText({ masked, notes, leftOut = {} }: PipeEnd): string {
  return [
    ...masked.map((stream) => `masked ${stream}`),
    ...Object.entries(leftOut).map(([stream, bytes]) => `left_out ${stream} ${bytes}`),
    ...notes.map((note) => `note ${note}`),
    'end',
    '',
  ].join('\n');
}
