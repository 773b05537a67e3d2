import { constants } from 'node:os';
import type { Clock } from '../base/clock.ts';
import { sleep } from '../base/clock.ts';
import { whenPossible } from './exhausted.ts';
import { isProcessAlive } from './identity.ts';
import type { Group } from './marker.ts';
import { pipeEnd } from './pipe-files.ts';
import type { ProcessEnd, RunningProcess } from './processes.ts';
import type { ProcessInfo } from './table.ts';
import { killToTheEnd, StopSequence } from './stop.ts';
import { endOf, readExit } from './try-files.ts';

/** How the wrapper of a try ended; nothing is known of one that another process started. */
export type WrapperEnd = { readonly code: number | null; readonly signal: NodeJS.Signals | null } | null;

/** Without /proc every look is a process of its own. */
const LOOK_AGAIN_MS = process.platform === 'linux' ? 50 : 500;

/**
 * Watches a try from the start of its wrapper, which leads `group`, to the end of everything that must end
 * with it. `gone` resolves when the wrapper has ended.
 */
export function supervise(
  clock: Clock,
  dir: string,
  group: Group,
  gone: Promise<WrapperEnd>,
): RunningProcess {
  const stop = new StopSequence(clock, { dir, group });
  let over = false;
  let tellUnkillable = (_: readonly number[]): void => undefined;
  const unkillable = new Promise<readonly number[]>((resolve) => (tellUnkillable = resolve));
  const ended = gone.then(async (wrapper): Promise<ProcessEnd> => {
    const code = await whenPossible(clock, () => readExit(dir)).catch(() => null); // unreadable is as good as none
    // The step has not ended while a process of it lives.
    if (stop.begun) await stop.finish(tellUnkillable);
    // A wrapper that was killed leaves its command behind.
    else if (code === null && wrapper?.code == null)
      await killToTheEnd(clock, { dir, group }, tellUnkillable);
    // After a stop nothing of the try is left that could still write.
    const report = await whenPossible(clock, () => pipeEnd(clock, dir, !stop.begun));
    const piped = report === null ? {} : { piped: report };
    over = true;
    if (code !== null) return { ...endOf(code), ...piped };
    if (wrapper === null && !stop.begun) return { code: -1, signal: null, lost: true };
    return { ...killedEnd(wrapper), ...piped };
  });
  return {
    pid: group.pid,
    ended,
    unkillable,
    stop(how) {
      if (!over) stop.begin(how);
    },
  };
}

/** Resolves when a process that is no child of this one has ended. */
export async function goneByPolling(clock: Clock, found: ProcessInfo): Promise<WrapperEnd> {
  while (await whenPossible(clock, () => isProcessAlive(found))) await sleep(clock, LOOK_AGAIN_MS);
  return null;
}

/** No exit file: the wrapper was killed, could not write it (then it ended with the same code), or met a fence. */
function killedEnd(wrapper: WrapperEnd): Pick<ProcessEnd, 'code' | 'signal'> {
  if (wrapper?.code != null) return endOf(wrapper.code);
  const signal = wrapper?.signal ?? 'SIGKILL';
  return { code: 128 + constants.signals[signal], signal };
}
