import { runCommand } from '../../process/command.ts';
import type { Context } from '../context.ts';
import { definedVariables } from '../wiring.ts';

/**
 * Tells systemd how the service does (sd_notify(3)), when it asks. Node has no datagram sockets of the file system, so
 * `systemd-notify` sends it; the unit needs `NotifyAccess=all`.
 */
export async function notify({ env, cwd }: Context, ...states: readonly string[]): Promise<void> {
  if ((env['NOTIFY_SOCKET'] ?? '') === '') return;
  const argv = ['systemd-notify', `--pid=${process.pid}`, ...states] as const;
  // A service manager that does not listen is no reason to stop: how it ends does not matter.
  await runCommand({ argv: [...argv], cwd, env: definedVariables(env), timeoutMs: 5_000, maxBytes: 1_024 });
}
