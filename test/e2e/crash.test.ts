import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { place } from '../support/flow.ts';
import type { Place } from '../support/flow.ts';

/** Five layers of six steps; each leaves one line in a file of its own, somewhere within a tenth of a second. */
function thirtySteps(): string {
  const lines = ['steps:'];
  for (let layer = 0; layer < 5; layer++) {
    for (let i = 0; i < 6; i++) {
      const depends = layer === 0 ? '[]' : `[l${layer - 1}_${i}, l${layer - 1}_${(i + 1) % 6}]`;
      const nap = `0.0${((layer * 7 + i * 3) % 9) + 1}`;
      lines.push(`  - id: l${layer}_${i}`, `    depends: ${depends}`);
      lines.push(`    run: sleep ${nap}; echo done >> "effects/$FLOW_STEP_ID"; sleep ${nap}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

/** Items of a foreach step, child runs of their own and in parallel, and a step after all of them: 21 effects. */
function itemsAndChildren(): string {
  const step = (id: string, key: string): string =>
    `{id: ${id}, env: [{KEY: "${key}"}], run: 'sleep 0.03; echo done >> "$E/$FLOW_STEP_ID-$KEY"; sleep 0.02'}`;
  const effect = 'env: [{E: "${params.E}"}]';
  return `params: [{name: E, required: true}]
${effect}
steps:
  - id: items
    foreach:
      items: [a, b, c, d, e, f]
      max_concurrent: 3
      steps:
        - ${step('one', '${foreach.item}')}
        - ${step('two', '${foreach.item}').replace('{id: two,', '{id: two, depends: one,')}
  - {id: kid, action: dag.run, with: {dag: child, params: {E: "\${params.E}", n: alone}}}
  - id: kids
    action: dag.run
    with: {dag: child, params: {E: "\${params.E}", n: "\${ITEM}"}}
    parallel: {items: [p, q, r], max_concurrent: 2}
  - {id: after, depends: [items, kid, kids], run: 'echo done >> "$E/after"'}
---
name: child
params: [{name: E, required: true}, {name: n, required: true}]
${effect}
steps:
  - ${step('up', '${params.n}')}
  - ${step('down', '${params.n}').replace('{id: down,', '{id: down, depends: up,')}
`;
}

/** A small generator, so that a failing seed can be repeated (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Starts flow and kills it with SIGKILL after `ms`, unless it is done before; its exit code, null if killed. */
async function startAndKill(at: Place, args: readonly string[], ms: number): Promise<number | null> {
  const child = at.spawn(args);
  const timer = setTimeout(() => child.kill('SIGKILL'), ms);
  const { exitCode } = await child;
  clearTimeout(timer);
  return exitCode ?? null;
}

const KILLS = Number(process.env['FLOW_TEST_KILLS'] ?? 200);

/** Runs a DAG again and again, killed at random moments together with each of its resumes, until `most` kills. */
async function campaign(
  most: number,
  dag: string,
  params: (dir: string) => readonly string[],
  expected: number,
): Promise<void> {
  const seed = Number(process.env['FLOW_TEST_SEED'] ?? 20_261_123);
  const chance = random(seed);
  let kills = 0;
  let runs = 0;
  while (kills < most) {
    const at = place();
    at.write('dag.yaml', dag);
    at.write('effects/.keep', '');
    runs += 1;
    const id = `run-${runs}`;
    const start = ['run', 'dag.yaml', '--run-id', id, ...params(join(at.dir, 'effects'))];
    let code = await startAndKill(at, start, chance() * 1_200);
    while (code === null) {
      kills += 1;
      // Killed before the run was recorded: nothing must have happened, and there is nothing to resume.
      const recorded = (await at.flow(['status', id])).code === 0;
      const command = recorded ? ['resume', id] : start;
      code = await startAndKill(at, command, kills < most ? chance() * 900 : 600_000);
    }
    const context = `seed ${seed}, ${id}`;
    expect(code, context).toBe(0);
    const effects = readdirSync(join(at.dir, 'effects')).filter((name) => name !== '.keep');
    const counts = effects.map((name) => [name, readFileSync(join(at.dir, 'effects', name), 'utf8')]);
    expect(
      counts.filter(([, text]) => text !== 'done\n'),
      context,
    ).toEqual([]);
    expect(effects.length, context).toBe(expected);
  }
  expect(kills).toBeGreaterThanOrEqual(most);
}

const LONG = 15 * 60_000;

describe('A1, A4–A6: kill -9 of flow at random moments, each followed by resume', () => {
  test(
    `${KILLS} kills of a 30-step DAG: no step is lost, none runs twice`,
    () => campaign(KILLS, thirtySteps(), () => [], 30),
    LONG,
  );

  const some = Math.ceil(KILLS / 4);
  test(
    `${some} kills among items and child runs: none is lost, none runs twice`,
    () => campaign(some, itemsAndChildren(), (dir) => [`E=${dir}`], 21),
    LONG,
  );
});
