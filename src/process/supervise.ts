import { constants } from 'node:os';
import type { Clock } from '../base/clock.ts';
import { sleep } from '../base/clock.ts';
import { whenPossible } from './exhausted.ts';
import { isProcessAlive } from './identity.ts';
import { pipeEnd } from './pipe-files.ts';
import type { ProcessEnd, RunningProcess, StartError } from './processes.ts';
import type { RunningPlace } from './stop.ts';
import { killToTheEnd, StopSequence } from './stop.ts';
import type { Claimant } from './try-files.ts';
import { endOf, readExit } from './try-files.ts';
import type { ShellEnd } from './wrapper-shell.ts';

/** How the wrapper of a try ended; nothing is known of one that another process started. */
export type WrapperEnd = (ShellEnd & { readonly refused?: StartError }) | null;

/** Without /proc every look is a process of its own. */
const LOOK_AGAIN_MS = process.platform === 'linux' ? 50 : 500;

/** What is watched. `piped`: its output passes through a pipe process; null: nobody knows. */
export interface Watched {
  readonly place: RunningPlace;
  readonly piped: boolean | null;
}

/**
 * Watches a try from the start of its wrapper to the end of everything that must end with it. `wait` resolves when the
 * wrapper has ended, or when it has ended this try, no stop has begun, and nothing of the try is left in its group.
 */
export function supervise(
  clock: Clock,
  { place, piped }: Watched,
  wait: (stopped: () => boolean) => Promise<WrapperEnd>,
): RunningProcess {
  const { dir } = place;
  const stop = new StopSequence(clock, place);
  let over = false;
  let tellUnkillable = (_: readonly number[]): void => undefined;
  const unkillable = new Promise<readonly number[]>((resolve) => (tellUnkillable = resolve));
  const ended = wait(() => stop.begun).then(async (wrapper): Promise<ProcessEnd> => {
    if (wrapper?.refused !== undefined) return { code: 1, signal: null, refused: wrapper.refused };
    const code = await exitCode(clock, dir, wrapper);
    // The step has not ended while a process of it lives.
    if (stop.begun) await stop.finish(tellUnkillable);
    // A wrapper that was killed leaves its command behind.
    else if (code === null && wrapper?.code == null) await killToTheEnd(clock, place, tellUnkillable);
    // After a stop nothing of the try is left that could still write.
    const report = piped === false ? null : await whenPossible(clock, () => pipeEnd(clock, dir, !stop.begun));
    const withReport = report === null ? {} : { piped: report };
    over = true;
    if (code !== null) return { ...endOf(code), ...withReport };
    if (wrapper === null && !stop.begun) return { code: -1, signal: null, lost: true };
    return { ...killedEnd(wrapper), ...withReport };
  });
  return {
    get pid() {
      return place.group.pid;
    },
    ended,
    unkillable,
    stop(how) {
      if (!over) stop.begin(how);
    },
  };
}

/** Resolves when the exit file of a try that another process started is there, or its wrapper is gone. */
export async function goneByPolling(clock: Clock, dir: string, wrapper: Claimant): Promise<WrapperEnd> {
  const goesOn = (): boolean => readExit(dir) === null && isProcessAlive(wrapper);
  while (await whenPossible(clock, goesOn)) await sleep(clock, LOOK_AGAIN_MS);
  return null;
}

async function exitCode(clock: Clock, dir: string, wrapper: WrapperEnd): Promise<number | null> {
  if (wrapper?.told === true) return wrapper.code;
  return whenPossible(clock, () => readExit(dir)).catch(() => null); // unreadable is as good as none
}

/** No exit file: the wrapper was killed, could not write it (then it ended with the same code), or met a fence. */
function killedEnd(wrapper: WrapperEnd): Pick<ProcessEnd, 'code' | 'signal'> {
  if (wrapper?.code != null) return endOf(wrapper.code);
  const signal = wrapper?.signal ?? 'SIGKILL';
  return { code: 128 + constants.signals[signal], signal };
}
