import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { place } from '../support/flow.ts';
import type { Place } from '../support/flow.ts';

const has = (at: Place, text: string): boolean =>
  existsSync(join(at.dir, 'effects')) && at.read('effects').includes(text);

interface Shown {
  readonly run: { readonly state: string };
  readonly steps: readonly {
    readonly id: string;
    readonly state: string;
    readonly tries: { readonly state: string }[];
  }[];
}

/** What the simulation of RELIABILITY.md §8.3 has found, with real processes. */
describe('found by simulation', () => {
  test('an item that failed while another was running runs again after kill -9 (R13)', async () => {
    const at = place();
    at.write(
      'dag.yaml',
      `steps:
  - id: load
    foreach:
      items: [bad, slow]
      key: \${foreach.item}
      steps:
        - id: one
          env: [{ITEM: "\${foreach.item}"}]
          run: |
            echo "$ITEM" >> effects
            if test "$ITEM" = bad; then test -e good; exit; fi
            until test -e go; do sleep 0.02; done
`,
    );
    const child = at.spawn(['run', 'dag.yaml', '--run-id', 'r-1']);
    const failed = async (): Promise<boolean> => (await at.flow(['events', 'r-1'])).stdout.includes('failed');
    await eventually(() => has(at, 'slow'));
    await eventually(failed);
    child.kill('SIGKILL');
    await child;
    at.write('good', '');
    at.write('go', '');
    const { code, stderr } = await at.flow(['resume', 'r-1']);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(
      at
        .read('effects')
        .split('\n')
        .filter((line) => line !== '')
        .sort(),
    ).toEqual(['bad', 'bad', 'slow']);
  });

  test('a stop ends the try of a step whose child run waits, and a resume goes on with it (§17)', async () => {
    const at = place();
    at.write(
      'dag.yaml',
      `steps:
  - {id: kid, action: dag.run, with: {dag: child}}
  - {id: slow, run: 'until test -e go; do sleep 0.02; done'}
---
name: child
steps: [{id: ask, run: echo asked >> effects, approval: {prompt: fine?}}]
`,
    );
    const child = at.spawn(['run', 'dag.yaml', '--run-id', 'r-1']);
    const status = (): Promise<Shown> => at.json(['status', 'r-1', '--json']);
    await eventually(async () => has(at, 'asked') && (await status()).steps[0]?.state === 'waiting');
    child.kill('SIGINT');
    await child;
    const [kid] = (await status()).steps;
    expect([kid?.state, kid?.tries.map(({ state }) => state)]).toEqual(['aborted', ['aborted']]);
    at.write('go', '');
    expect((await at.flow(['resume', 'r-1'])).code).toBe(3);
  });

  test('a stop while the success handler runs ends what the steps left running (§13.7, P7)', async () => {
    const at = place();
    at.write(
      'dag.yaml',
      `handler_on:
  success: {run: 'echo handler >> effects; until test -e go; do sleep 0.02; done'}
steps: [{id: a, run: 'sleep 300 & echo $! > left; exit 0'}]
`,
    );
    const child = at.spawn(['run', 'dag.yaml', '--run-id', 'r-1']);
    await eventually(() => has(at, 'handler'));
    const pid = at.read('left').trim();
    expect(isAlive(pid)).toBe(true);
    child.kill('SIGINT');
    at.write('go', '');
    await child;
    expect(isAlive(pid)).toBe(false);
  });
});

/** A process that has ended and was not waited for is dead. */
function isAlive(pid: string): boolean {
  if (!readdirSync('/proc').includes(pid)) return false;
  return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
}
