import { Session } from 'node:inspector/promises';
import { afterAll, expect, test } from 'vitest';

/**
 * Work grows with the file, not with its square: what is counted is how often every block of code was run, so
 * the result does not depend on the machine. Seconds are measured by bench/validate.mjs.
 */
const SHAPES: Readonly<Record<string, (n: number) => string>> = {
  'a chain whose steps read the outputs of the one before and of the first': (n) =>
    `- id: s${n}
  run: echo v=1
  outputs: [{name: v}]
  depends: ${n === 0 ? '[]' : `s${n - 1}`}
  env: {A: "\${steps.s${Math.max(0, n - 1)}.outputs.v}", B: "\${steps.s0.outputs.v}"}\n`,
  'a fan-in of all steps': (n) =>
    n === 0
      ? `- {id: s0, run: x, depends: [${Array.from({ length: 1_000 }, (_, i) => `s${i + 1}`).join(', ')}]}\n`
      : `- {id: s${n}, run: x}\n`,
  'a cycle of all steps': (n) =>
    `- {id: s${n}, run: x, depends: s${n + 1}}\n- {id: t${n}, run: x, depends: s0}\n`,
  'unknown keys and unknown steps': (n) => `- {id: s${n}, comand: x, depends: t${n}}\n`,
  'the same id everywhere, with characters of two units': (n) => `- {id: same, run: "🙂 ${n}"}\n`,
};

const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
// Only what is compiled from here on is counted block by block.
const { shown } = await import('../support/diagnose.ts');
afterAll(() => session.disconnect());

test.each(Object.keys(SHAPES))('four times the steps are four times the work: %s', async (name) => {
  const shape = SHAPES[name] ?? String;
  const file = (steps: number): string =>
    `steps:\n${Array.from({ length: steps }, (_, n) => shape(n)).join('')}`;
  const less = await counted(() => shown(file(1_000)));
  const more = await counted(() => shown(file(4_000)));
  expect(less).toBeGreaterThan(1_000 * 100);
  expect(more / less).toBeLessThan(4.4);
});

/** How often blocks were run while `act` ran. */
async function counted(act: () => unknown): Promise<number> {
  await session.post('Profiler.takePreciseCoverage');
  act();
  const { result } = await session.post('Profiler.takePreciseCoverage');
  const ranges = result.flatMap(({ functions }) => functions.flatMap((one) => one.ranges));
  return ranges.reduce((sum, { count }) => sum + count, 0);
}
