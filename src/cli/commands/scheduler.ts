import { statSync } from 'node:fs';
import { Daemon, type DaemonEnd, type DaemonState } from '../../scheduler/daemon.ts';
import type { DaemonLog } from '../../scheduler/types.ts';
import { flowError, FlowError } from '../../errors/diagnostic.ts';
import { EXIT, type ExitCode } from '../../errors/exit-codes.ts';
import { defaultZone } from '../../machine/around.ts';
import type { Context } from '../context.ts';
import { daemonFolder, requireFolder } from '../daemon/folder.ts';
import { takeDaemonLock, type DaemonLock } from '../daemon/lock.ts';
import { daemonLog } from '../daemon/log.ts';
import { notify } from '../daemon/notify.ts';
import { runsInLog } from '../daemon/observer.ts';
import { runOptions } from '../../machine/machine.ts';
import { flowVersion } from '../../machine/version.ts';
import { openMachine, type Machine } from '../wiring.ts';

export interface SchedulerFlags {
  readonly once?: boolean;
}

type Signal = 'sigint' | 'sigterm' | 'sighup';

/**
 * `flow scheduler`: the daemon (CLI.md §3, §6). Exit 0 after it has drained, 130 or 143 when a second signal stopped
 * its runs, 5 when another one runs.
 */
export async function scheduler(context: Context, flags: SchedulerFlags): Promise<ExitCode> {
  requireFolder(context);
  requirePrivateHome(context);
  const log = daemonLog(context);
  const machine = await openMachine(context, { daemon: true }, log.warn);
  let lock: DaemonLock | null = null;
  let close: () => void = () => undefined;
  try {
    lock = takeDaemonLock(context.home);
    const end = await drive(context, { machine, lock, log }, flags, (undo) => (close = undo));
    close();
    // What was left goes on writing until this process is gone: the database stays open for it.
    if (end.left > 0) return end.code;
    lock.release();
    lock = null;
    await machine.close();
    return end.code;
  } catch (error) {
    close();
    lock?.release();
    await machine.close();
    if (!(error instanceof FlowError) || context.err.isTerminal) throw error;
    // Whoever reads its log reads lines of JSON, to the last one.
    for (const { code, message, hint } of error.diagnostics)
      log.error(message, { code, ...(hint === undefined ? {} : { hint }) });
    return error.exitCode;
  }
}

interface Ended {
  readonly code: ExitCode;
  /** Runs whose steps go on. */
  readonly left: number;
}

async function drive(
  context: Context,
  { machine, lock, log }: { readonly machine: Machine; readonly lock: DaemonLock; readonly log: DaemonLog },
  flags: SchedulerFlags,
  onClose: (undo: () => void) => void,
): Promise<Ended> {
  const { clock, config, dags } = context;
  const since = new Date(clock.wall()).toISOString();
  let told = '';
  const report = (state: DaemonState): void => {
    const text = JSON.stringify(state);
    if (text === told) return;
    told = text;
    try {
      lock.write(factsOf(state, { since, folder: dags }));
    } catch (error) {
      // What others read of the daemon is no reason for it to stop.
      log.warn(`its status cannot be written: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  const zone = defaultZone(context);
  const { folder, close } = daemonFolder(context, () => daemon.folderChanged());
  const daemon: Daemon = new Daemon({
    deps: machine.deps(runsInLog(log)),
    folder,
    log,
    options: runOptions(context),
    queues: config.queues,
    maxRuns: config.maxRuns,
    zone,
    unresolved: config.unresolved,
    resumeInterrupted: config.resumeInterrupted,
    drainTimeoutMs: config.drainTimeoutMs,
    report,
    ready: ({ scheduled }) => {
      const many = `${scheduled} scheduled ${scheduled === 1 ? 'DAG' : 'DAGs'}`;
      log.info(`scheduler ready: ${many} in ${dags}, zone ${zone}, pid ${process.pid}`, {
        ...{ pid: process.pid, version: flowVersion, folder: dags, zone, scheduled },
      });
      void notify(context, '--ready', `--status=${many}`);
    },
  });
  let last: Signal = 'sigterm';
  let count = 0;
  let stopping = Promise.resolve();
  const off = context.onSignal((signal) => {
    last = signal;
    count += 1;
    log.info(SIGNALS[Math.min(count, SIGNALS.length) - 1] ?? '', { signal });
    if (count === 1) stopping = notify(context, 'STOPPING=1');
    daemon.signal(signal);
  });
  onClose(() => {
    off();
    close();
  });
  // At once: what is there may be of a daemon that was killed.
  report({ scheduled: 0, problems: [], running: 0, next: null, draining: false });
  const end = await (flags.once === true ? daemon.once() : daemon.run());
  await stopping;
  return endedWith(end, last, log);
}

const SIGNALS = [
  'draining: no tick and no queued run is taken; another signal stops the runs',
  'stopping: running steps are ended, then the handlers run; another signal leaves at once',
  'leaving: what runs goes on, and the next daemon takes it up',
];

function endedWith(end: DaemonEnd, last: Signal, log: DaemonLog): Ended {
  if (end.kind === 'stopped') {
    log.info('stopped');
    return { code: last === 'sigint' ? EXIT.interrupted : EXIT.terminated, left: end.left };
  }
  const left = end.left === 0 ? '' : `; ${end.left} interrupted, the next daemon takes them up`;
  log.info(`done${left}`, { left: end.left });
  return { code: EXIT.ok, left: end.left };
}

function factsOf(
  { scheduled, running, draining, next, problems }: DaemonState,
  about: { readonly since: string; readonly folder: string },
) {
  return {
    ...{ pid: process.pid, version: flowVersion, ...about, scheduled, running, draining },
    next: next === null ? null : new Date(next).toISOString(),
    problems: problems.map(({ file, message, keepsOlder }) => ({ file, message, keeps_older: keepsOlder })),
  };
}

/** A daemon runs commands unasked: nobody else may put them there (RELIABILITY.md J5). */
function requirePrivateHome({ home: { root } }: Context): void {
  const stats = statSync(root, { throwIfNoEntry: false });
  if (stats === undefined) return;
  const own = process.getuid?.() ?? stats.uid;
  if (stats.uid !== own) {
    const hint = `sudo chown -R ${own} '${root}', or set FLOW_HOME to a folder of yours`;
    throw flowError(EXIT.fault, 'S019', `${root} belongs to user ${stats.uid}, not to you (${own})`, hint);
  }
  if ((stats.mode & 0o022) !== 0)
    throw flowError(EXIT.fault, 'S019', `others may write to ${root}`, `chmod go-w '${root}'`);
}
