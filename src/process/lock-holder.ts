import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Another process that holds a lock. */
export interface LockHolder {
  /** By SIGKILL; it is gone when this resolves. */
  kill(): Promise<void>;
}

/**
 * Starts `flow __lock` and waits until it holds the lock. When this process dies, its input ends and it leaves.
 * @param flow the command that starts flow
 * @returns what it says instead when it does not get the lock
 */
export async function startLockHolder(
  flow: readonly string[],
  home: string,
  name: string,
): Promise<LockHolder | string> {
  const [program = '', ...args] = flow;
  const child = spawn(program, [...args, '__lock', home, name], { stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const closed = once(child, 'close');
  const held = once(child.stdout, 'data').then(() => true);
  if (
    await Promise.race([
      held,
      closed.then(
        () => false,
        () => false,
      ),
    ])
  ) {
    return {
      async kill() {
        child.kill('SIGKILL');
        await closed;
      },
    };
  }
  return said.trim();
}
