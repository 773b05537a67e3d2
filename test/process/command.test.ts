import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { CommandResult } from '../../src/process/command.ts';
import { runCommand } from '../../src/process/command.ts';
import { pidIn, scratch, until } from './support.ts';

function run(
  argv: [string, ...string[]],
  more: { cwd?: string; timeoutMs?: number; maxBytes?: number } = {},
): Promise<CommandResult> {
  const env = { PATH: process.env['PATH'] ?? '', KEY: 'value' };
  return runCommand({ argv, cwd: '/', env, timeoutMs: 20_000, maxBytes: 1_000_000, ...more });
}

describe('a short captured command', () => {
  test('returns code and both streams; its environment is exactly the given one', async () => {
    const result = await run(['sh', '-c', 'echo out; echo "$KEY-$HOME" >&2; exit 3']);
    expect(result).toEqual({ code: 3, stdout: 'out\n', stderr: 'value-\n', timedOut: false });
  });

  test('not found is 127, not executable 126, a signal 128 + n', async () => {
    expect((await run(['/nope'])).code).toBe(127);
    expect((await run(['/etc/passwd'])).code).toBe(126);
    expect((await run(['sh', '-c', 'kill -TERM $$'])).code).toBe(143);
  });

  test('when its time is over its whole group is killed, also what holds the pipe', async () => {
    const cwd = scratch();
    const result = await run(['sh', '-c', 'echo early; sleep 60 & echo $! >pid; wait'], {
      cwd,
      timeoutMs: 500,
    });
    expect(result).toMatchObject({ code: 124, stdout: 'early\n', timedOut: true });
    const pid = await pidIn(join(cwd, 'pid'));
    await until('the grandchild is gone', () => !existsSync(`/proc/${pid}/exe`));
  });

  test('output is bounded', async () => {
    const result = await run(['sh', '-c', 'yes'], { maxBytes: 1_000 });
    expect(result.stdout.length).toBe(1_000);
    expect(result.code).not.toBe(0);
  });
});
