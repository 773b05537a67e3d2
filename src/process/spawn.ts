import { spawnSync } from 'node:child_process';
import { closeSync, lstatSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { sleep } from '../base/clock.ts';
import { exhaustion, whenPossible } from './exhausted.ts';
import { MARKER } from './marker.ts';
import type { PipeConfig } from './pipe-config.ts';
import { makePipes, pipeOf } from './pipe-files.ts';
import { cannotStart, preflight, tooLarge } from './preflight.ts';
import { createPrivate, makePrivateDirectory, openPrivate } from './private-files.ts';
import type { ProcessSpec, RunningProcess } from './processes.ts';
import { StartError } from './processes.ts';
import type { RunningPlace } from './stop.ts';
import { killAndConfirm } from './stop.ts';
import { supervise } from './supervise.ts';
import type { WrapperEnd } from './supervise.ts';
import { readClaim, tryFile } from './try-files.ts';
import type { PipeStart } from './wrapper.ts';
import { isSimple, NO_ERR_LOG, NO_OUT_LOG, tryText } from './wrapper.ts';
import type { ShellEnd, WrapperShell } from './wrapper-shell.ts';
import type { Hired, Wrappers } from './wrappers.ts';

/** Below this every system takes environment and arguments: POSIX asks for 4 KiB, Linux never gives less than 128. */
const SURELY_FITS = 100_000;
/** How long a start waits for descriptors or processes to become free (E12, E13). */
const PATIENCE_MS = 30_000;
const TRY_AGAIN_MS = 100;

/** What starts need besides the try. */
export interface StartSetup {
  readonly clock: Clock;
  readonly wrappers: Wrappers;
  /** The user's own, which the commands get. */
  readonly umask: number;
  /** The command that starts flow. */
  readonly flow: readonly string[];
}

/** Starts a try; see `Processes.start`. */
export async function startTry(setup: StartSetup, spec: ProcessSpec): Promise<RunningProcess> {
  const { clock } = setup;
  if (spec.env[MARKER] !== tryFile.outputs(spec.dir)) throw new Error(`${MARKER} is not of ${spec.dir}`);
  if (preflight(spec) > SURELY_FITS && !fits(spec)) throw tooLarge(spec);
  for (let entry = 1; entry <= spec.firstCommand; entry++) {
    createPrivate(tryFile.entryExit(spec.dir, entry), '0\n');
  }
  const piped = pipeOf(spec);
  const pipe = piped === null ? null : await pipeStart(setup, spec, piped.streams);
  // Most tries find one, and begin at once then: to wait for a promise lets others have their turn first.
  const hired =
    setup.wrappers.take(spec.dir, spec.env) ??
    (await patiently(clock, () => setup.wrappers.hire(spec.dir, spec.env)));
  const place: RunningPlace = { dir: spec.dir, group: hired.shell.claimant };
  const watched = { place, piped: pipe !== null };
  return supervise(clock, watched, (stopped) => runIn({ ...setup, spec, pipe, place, stopped }, hired));
}

interface Starting extends StartSetup {
  readonly spec: ProcessSpec;
  readonly pipe: PipeStart | null;
  readonly place: RunningPlace;
  readonly stopped: () => boolean;
}

/**
 * Lets a wrapper run the try. One that could not fork, could not make a log, or was killed before has not claimed it:
 * another does it, as soon as there may be one.
 */
async function runIn(starting: Starting, first: Hired): Promise<WrapperEnd> {
  const { clock, spec, wrappers, place, stopped, umask, pipe } = starting;
  const deadline = clock.mono() + PATIENCE_MS;
  let { shell, change } = first;
  while (true) {
    const end = await shell.run(tryText(spec, { wrapper: shell.claimant, change, umask, pipe }));
    const claimed = (): Promise<boolean> => whenPossible(clock, () => readClaim(spec.dir).kind !== 'none');
    let begun = end.told || (await claimed());
    if (!begun && shell.dead) {
      // What it had forked before it was killed could still claim the try.
      await killAndConfirm(clock, [place]);
      begun = await claimed();
    }
    if (begun || stopped()) return await over(starting, shell, end);
    wrappers.letGo(shell);
    try {
      if (clock.mono() >= deadline) throw noProcess('EAGAIN');
      await patiently(clock, () => clearLogs(spec, end.code));
      await sleep(clock, TRY_AGAIN_MS);
      ({ shell, change } = await patiently(clock, () => wrappers.hire(spec.dir, spec.env)));
      place.group = shell.claimant;
    } catch (error) {
      if (error instanceof StartError) return { ...end, refused: error };
      throw error;
    }
  }
}

/**
 * Takes away the logs that a wrapper has made and not used. It does not say why it could not make one: asks the system.
 * @throws what the system says; ENOENT is none, then the folder was deleted (E10) and is there again.
 */
function clearLogs({ out, err }: ProcessSpec, code: number | null): void {
  for (const path of code === NO_OUT_LOG ? [] : code === NO_ERR_LOG ? [out] : [out, err]) {
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found?.isFile() === true && found.size === 0) rmSync(path);
  }
  if (code !== NO_OUT_LOG && code !== NO_ERR_LOG) return;
  const path = code === NO_OUT_LOG ? out : err;
  makePrivateDirectory(dirname(path));
  closeSync(openPrivate(path));
  rmSync(path);
}

/** What is left in the group of an ended try keeps it, and what was stopped has to be gone with its group. */
async function over({ clock, spec, wrappers, stopped, pipe }: Starting, shell: WrapperShell, end: ShellEnd) {
  if (shell.dead) {
    wrappers.letGo(shell);
    return end;
  }
  const alone = isSimple(spec, pipe) && (await whenPossible(clock, () => wrappers.isAlone(shell)));
  if (alone && !stopped()) wrappers.keep(spec.dir, shell);
  else await wrappers.dismiss(shell);
  return end;
}

/** Waits for descriptors and processes, and says in the end what is missing. @throws StartError */
async function patiently<T>(clock: Clock, act: () => T | Promise<T>): Promise<T> {
  try {
    return await whenPossible(clock, act, PATIENCE_MS);
  } catch (error) {
    throw exhaustion(error) === null ? error : noProcess((error as NodeJS.ErrnoException).code);
  }
}

function noProcess(code: string | undefined): StartError {
  return cannotStart(`cannot start a process: ${exhaustion({ code }) ?? ''}`);
}

/** Asks the system with a program that does nothing (E2BIG, H12). */
function fits({ env, commands, firstCommand }: ProcessSpec): boolean {
  return commands.slice(firstCommand).every((words) => {
    const { error } = spawnSync('/bin/sh', ['-c', ':', ...words], { cwd: '/', env, stdio: 'ignore' });
    return (error as NodeJS.ErrnoException | undefined)?.code !== 'E2BIG';
  });
}

async function pipeStart(
  { clock, umask, flow }: StartSetup,
  spec: ProcessSpec,
  streams: 1 | 2,
): Promise<PipeStart> {
  await patiently(clock, () => makePipes(spec.dir, streams));
  return { config: pipeConfig(spec, streams, umask), flow };
}

function pipeConfig(spec: ProcessSpec, streams: 1 | 2, umask: number): PipeConfig {
  const { dir, pipe, secrets = [] } = spec;
  const author = { stdout: pipe?.stdout ?? null, stderr: pipe?.stderr ?? null };
  const logs = { stdout: spec.out, stderr: spec.err };
  const maxLogSize = pipe?.maxLogSize ?? null;
  return { dir, streams, umask, logs, maxLogSize, ...author, secrets: pipe?.mask === true ? secrets : [] };
}
