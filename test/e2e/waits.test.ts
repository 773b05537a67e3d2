import { describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { place } from '../support/flow.ts';
import type { Place } from '../support/flow.ts';

const journal = async (at: Place): Promise<string> => (await at.flow(['events', 'r-1'])).stdout;

/** A run whose step `wait` waits; in a box, because a process of execa is a promise. */
async function waitingRun(at: Place, duration: string) {
  at.write('dag.yaml', `steps: [{id: wait, action: wait.duration, with: {duration: ${duration}}}]\n`);
  const child = at.spawn(['run', 'dag.yaml', '--run-id', 'r-1']);
  await eventually(async () => (await journal(at)).includes('step.started'));
  return { child };
}

describe('waits (LANGUAGE.md §13.7, §19.1, §22.2)', () => {
  test('Ctrl-C ends a wait at once', async () => {
    const at = place();
    const { child } = await waitingRun(at, '100h');
    child.kill('SIGINT');
    const { exitCode, stderr } = await child;
    expect(exitCode).toBe(130);
    expect(stderr).toContain('wait ■ aborted: stopped with Ctrl-C');
  });

  test('R5: a wait that was interrupted keeps its original end', async () => {
    const at = place();
    const { child } = await waitingRun(at, '3s');
    const begun = Date.now();
    child.kill('SIGKILL');
    await child;
    await eventually(() => Date.now() >= begun + 3_000);
    const { code, stderr } = await at.flow(['resume', 'r-1']);
    expect(code).toBe(0);
    expect(stderr).toContain('waits until its original end');
    expect(stderr).not.toContain('result is unknown');
    const { stdout } = await at.flow(['events', 'r-1', '--json']);
    const ended = stdout.split('\n').find((line) => line.includes('"step.finished"')) ?? '{}';
    // It would be 3000 and more if the wait had begun anew.
    expect((JSON.parse(ended) as { duration_ms: number }).duration_ms).toBeLessThan(3_000);
  });
});
