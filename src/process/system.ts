import type { Clock } from '../base/clock.ts';
import { livingOf } from './marker.ts';
import type { Processes } from './processes.ts';
import { recoverTry } from './recover.ts';
import { startTry } from './spawn.ts';
import { killAndConfirm } from './stop.ts';
import { Wrappers } from './wrappers.ts';

/**
 * The processes of this machine. `umask` is the one that commands get: the user's, which `process.umask(0o077)`
 * returns when flow sets its own; `flow` is the command that starts flow itself, for output that passes through it.
 */
export function systemProcesses(clock: Clock, umask: number, flow: readonly string[] = []): Processes {
  const wrappers = new Wrappers(clock);
  return {
    start: (spec) => startTry({ clock, wrappers, umask, flow }, spec),
    release: (folder) => wrappers.release(folder),
    recover: (dir) => recoverTry(clock, dir),
    living: (dirs) => livingOf(dirs.map((dir) => ({ dir, group: null }))),
    killLeftovers: (dirs) =>
      killAndConfirm(
        clock,
        dirs.map((dir) => ({ dir, group: null })),
      ),
  };
}
