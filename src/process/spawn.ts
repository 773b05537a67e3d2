import type { ChildProcess, StdioOptions } from 'node:child_process';
import { spawn } from 'node:child_process';
import { closeSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { dirname } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { exhaustion, whenPossible } from './exhausted.ts';
import { MARKER } from './marker.ts';
import { pipeEnvironment } from './pipe-config.ts';
import type { PipeConfig } from './pipe-config.ts';
import { makePipes, pipeOf } from './pipe-files.ts';
import { cannotStart, preflight, tooLarge } from './preflight.ts';
import { createPrivate, makePrivateDirectory, openPrivate } from './private-files.ts';
import type { ProcessSpec, RunningProcess } from './processes.ts';
import { supervise } from './supervise.ts';
import type { WrapperEnd } from './supervise.ts';
import { startTime } from './table.ts';
import { tryFile } from './try-files.ts';
import { wrapperText } from './wrapper.ts';

/** Beyond this the wrapper is a file, because the system bounds the size of one argument. */
const LONGEST_ARGUMENT = 100_000;
/** How long a start waits for descriptors or processes to become free (E12, E13). */
const PATIENCE_MS = 30_000;

/** Starts a try; see `Processes.start`. `umask` is the user's own, which the commands get. */
export async function startTry(
  clock: Clock,
  spec: ProcessSpec,
  { umask, flow }: { readonly umask: number; readonly flow: readonly string[] },
): Promise<RunningProcess> {
  if (spec.env[MARKER] !== tryFile.outputs(spec.dir)) throw new Error(`${MARKER} is not of ${spec.dir}`);
  preflight(spec);
  const piped = pipeOf(spec);
  const config = piped === null ? null : pipeConfig(spec, piped.streams, umask);
  const argv = wrapperArguments(spec, wrapperText(spec, umask, config === null ? null : { config, flow }));
  for (let entry = 1; entry <= spec.firstCommand; entry++) {
    createPrivate(tryFile.entryExit(spec.dir, entry), '0\n');
  }
  try {
    if (piped !== null) await whenPossible(clock, () => makePipes(spec.dir, piped.streams), PATIENCE_MS);
    const extra = config === null ? {} : pipeEnvironment(config);
    const env = { ...spec.env, ...extra };
    return await whenPossible(clock, () => startOnce(clock, { ...spec, env }, argv), PATIENCE_MS);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'E2BIG') throw tooLarge(spec);
    const why = exhaustion(error);
    throw why === null ? error : cannotStart(`cannot start a process: ${why}`);
  }
}

function pipeConfig(spec: ProcessSpec, streams: 1 | 2, umask: number): PipeConfig {
  const { dir, pipe, secrets = [] } = spec;
  const author = { stdout: pipe?.stdout ?? null, stderr: pipe?.stderr ?? null };
  const logs = { stdout: spec.out, stderr: spec.err };
  const maxLogSize = pipe?.maxLogSize ?? null;
  return { dir, streams, umask, logs, maxLogSize, ...author, secrets: pipe?.mask === true ? secrets : [] };
}

/** The text of the wrapper is an argument, which is public, unless it is long or holds a secret. */
function wrapperArguments(spec: ProcessSpec, text: string): string[] {
  const words = spec.commands.flat();
  const shows = (spec.secrets ?? []).some((secret) => words.some((word) => word.includes(secret)));
  if (!shows && Buffer.byteLength(text) <= LONGEST_ARGUMENT) return ['-c', text, 'flow'];
  createPrivate(tryFile.wrapper(spec.dir), text);
  return [tryFile.wrapper(spec.dir)];
}

async function startOnce(clock: Clock, spec: ProcessSpec, argv: readonly string[]): Promise<RunningProcess> {
  const logs = openLogs(spec);
  let child: ChildProcess;
  try {
    child = spawnWrapper(spec, argv, logs);
    if (child.pid === undefined) throw await spawnFailure(child);
  } catch (error) {
    for (const path of new Set([spec.out, spec.err])) rmSync(path, { force: true });
    throw error;
  }
  // Even if it has ended already, its number stays taken until this turn of the loop is over.
  const group = { pid: child.pid, start: startTime(child.pid) };
  return supervise(clock, spec.dir, group, endOfChild(child));
}

/** The child leads a session and a process group of its own; its pid names both. Closes our side of the logs. */
function spawnWrapper(spec: ProcessSpec, argv: readonly string[], logs: Logs): ChildProcess {
  try {
    const stdio: StdioOptions = ['ignore', logs.out, logs.err];
    return spawn('/bin/sh', argv, { cwd: spec.cwd, env: spec.env, detached: true, stdio });
  } finally {
    for (const file of new Set([logs.out, logs.err])) closeSync(file);
  }
}

function endOfChild(child: ChildProcess): Promise<WrapperEnd> {
  return new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
}

/** Node reports some failures by throwing, others only in the next turn of the loop. */
async function spawnFailure(child: ChildProcess): Promise<unknown> {
  const [error] = (await once(child, 'error')) as [unknown];
  return error;
}

interface Logs {
  readonly out: number;
  readonly err: number;
}

function openLogs(spec: ProcessSpec): Logs {
  const out = openLog(spec.out);
  if (spec.err === spec.out) return { out, err: out };
  try {
    return { out, err: openLog(spec.err) };
  } catch (error) {
    closeSync(out);
    rmSync(spec.out);
    throw error;
  }
}

/** Appending, so that a file which a command truncates (`> /dev/stdout`) gets no hole. */
function openLog(path: string): number {
  makePrivateDirectory(dirname(path)); // somebody may have deleted it (E10)
  return openPrivate(path);
}
