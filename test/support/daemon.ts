import { onTestFinished } from 'vitest';
import { eventually } from './eventually.ts';
import type { FlowOptions, FlowProcess, Place } from './flow.ts';

export interface RunningDaemon {
  readonly child: FlowProcess;
  /** What it has logged up to now. */
  readonly log: () => string;
  /** Asks it to drain, and waits for its end. */
  readonly drain: () => Promise<number | undefined>;
  readonly signal: (name: NodeJS.Signals) => void;
}

/** Starts `flow scheduler` and waits until it says that it is ready, or has ended. */
export async function startDaemon(
  at: Place,
  flags: readonly string[] = [],
  options: FlowOptions = {},
  whenFinished: (clean: () => void) => void = onTestFinished,
): Promise<RunningDaemon> {
  const daemon = spawnDaemon(at, flags, options);
  whenFinished(() => void daemon.child.kill('SIGKILL'));
  await eventually(() => daemon.log().includes('scheduler ready') || daemon.child.exitCode !== null);
  return daemon;
}

/** The same without waiting; who starts it ends it. */
export function spawnDaemon(at: Place, flags: readonly string[], options: FlowOptions): RunningDaemon {
  const child = at.spawn(['scheduler', ...flags], options);
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
  return {
    child,
    log: () => log,
    // Not by `child.kill`, which kills for good after five seconds.
    signal: (name) => void process.kill(child.pid ?? 0, name),
    async drain() {
      process.kill(child.pid ?? 0, 'SIGTERM');
      return (await child).exitCode;
    },
  };
}
