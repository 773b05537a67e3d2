import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { displayWidth } from '../../src/base/width.ts';
import type { Dag, Step } from '../../src/core/dag.ts';
import { dotLines } from '../../src/report/graph-dot.ts';
import { graphJson } from '../../src/report/graph-json.ts';
import { mermaidLines } from '../../src/report/graph-mermaid.ts';
import { graphLines } from '../../src/report/graph-text.ts';
import { levelsOf } from '../../src/report/levels.ts';
import { plainPaint } from '../../src/term/color.ts';
import { dag, diamonds, step } from '../support/dag.ts';
import { load } from '../support/diagnose.ts';
import { random } from '../support/random.ts';

function documentsOf(text: string): [Dag, ...Dag[]] {
  const [first, ...others] = load(text).documents;
  if (first === undefined) throw new Error('not valid');
  return [first, ...others];
}

const ETL = documentsOf(`name: etl
handler_on: {exit: {run: echo}}
steps:
  - {id: extract, run: echo}
  - {id: lookup, run: echo}
  - {id: load, depends: [lookup, extract], run: echo}
  - {name: 'say "hi"', depends: load, run: echo}
`);

const RELEASE = documentsOf(`name: release
handler_on: {failure: {run: echo}, exit: {run: echo}}
steps:
  - {id: checkout, run: echo}
  - {id: install, depends: checkout, run: echo}
  - {id: lint, depends: install, run: echo}
  - {id: types, depends: install, run: echo}
  - {id: unit, depends: install, run: echo}
  - {id: build, depends: install, run: echo}
  - {id: e2e, depends: build, run: echo}
  - id: images
    depends: build
    foreach: {items: [a, b], as: arch, steps: [{id: make, run: echo}, {id: push, depends: make, run: echo}]}
  - {id: scan, depends: images, run: echo, approval: {prompt: Fine?}}
  - {id: gate, depends: [lint, types, unit, e2e, scan], action: human.task, with: {prompt: Deploy?}}
  - {id: ship, depends: gate, action: dag.run, with: {dag: deploy}}
  - {id: docs, run: echo}
---
name: deploy
type: chain
steps: [{id: stop, run: echo}, {id: swap, run: echo}]
`);

/** Steps that each wait for up to three of the twelve before them, the last one for the last twenty. */
function many(count: number): Dag {
  const dice = random(7);
  const steps = Array.from({ length: count }, (_, i) => {
    const before = Array.from(
      { length: i < 4 ? 0 : 1 + dice.below(3) },
      () => i - dice.below(Math.min(12, i)),
    );
    const fanIn = Array.from({ length: 20 }, (_, k) => i - k);
    return step(i + 1, {
      label: `step_${i + 1}_works`,
      depends: [...new Set(i === count - 1 ? fanIn : before)],
    });
  });
  return dag(steps);
}

const text = (...documents: Dag[]): string[] => graphLines(documents, plainPaint);

describe('flow graph as text', () => {
  test('three steps: what parts, what comes together, what follows', () => {
    expect(text(...ETL)).toEqual([
      'etl',
      '  1  ├─ extract',
      '  1  └─ lookup',
      '  2  load  ← lookup, extract',
      '  3  say "hi"',
      '  then onExit',
    ]);
  });

  test('twelve steps: forks in forks, a body of a foreach, questions, and the child DAG below', () => {
    expect(text(...RELEASE)).toEqual([
      'release',
      '  1  ├─ checkout',
      '  2  │  install',
      '  3  │  ├─ lint',
      '  3  │  ├─ types',
      '  3  │  ├─ unit',
      '  3  │  └─ build',
      '  4  │     ├─ e2e',
      '  4  │     └─ images  for each arch of 2 items',
      '     │          1  make',
      '     │          2  push',
      '  5  │        scan  then approval',
      '  6  │  gate  human.task Deploy?  ← lint, types, unit, e2e, scan',
      '  7  │  ship  dag.run deploy',
      '  1  └─ docs',
      '  then onFailure, onExit',
      '',
      'deploy',
      '  1  stop',
      '  2  swap',
    ]);
  });

  test('a way that does not come back keeps the others from being shown as if all were awaited', () => {
    const [ci] = documentsOf(`steps:
  - {id: install, run: echo}
  - {id: notes, depends: install, run: echo}
  - {id: unit, depends: install, run: echo}
  - {id: build, depends: install, run: echo}
  - {id: ship, depends: [unit, build], run: echo}
`);
    expect(text(ci).slice(1)).toEqual([
      '  1  install',
      '  2  ├─ notes',
      '  2  ├─ unit',
      '  2  ├─ build',
      '  3  └─ ship  ← unit, build',
    ]);
  });

  test('sixty steps, crossing ways, a fan-in of twenty: each once, within 80 columns, nothing cut', () => {
    const lines = text(many(60));
    expect(lines.filter((line) => displayWidth(line) > 80)).toEqual([]);
    const shown = lines.flatMap((line) => /^ +\d+ {2}[│├└─ ]*(step_\d+_works)/.exec(line)?.[1] ?? []);
    expect(shown.toSorted()).toEqual(
      many(60)
        .steps.map(({ label }) => label)
        .toSorted(),
    );
    const last = lines.slice(lines.findIndex((line) => line.includes('step_60_works')));
    const awaited = [...last.join(' ').matchAll(/step_\d+_works/g)].map(([name]) => name);
    expect(awaited).toEqual(Array.from({ length: 21 }, (_, k) => `step_${60 - k}_works`));
  });

  test('every step stands below all that it waits for', () => {
    const { steps } = many(60);
    const lines = text(many(60));
    const lineOf = (one: Step | undefined): number =>
      lines.findIndex((line) => new RegExp(`^[ \\d│├└─]*${one?.label ?? ''}\\b`).test(line));
    const wrong = steps.filter((one) => one.depends.some((n) => lineOf(steps[n - 1]) >= lineOf(one)));
    expect(wrong.map(({ label }) => label)).toEqual([]);
    expect(steps.filter((one) => lineOf(one) < 0)).toEqual([]);
  });

  test('sixty diamonds stand in one column (G10)', () => {
    const levels = levelsOf(dag(diamonds(60)));
    expect([levels.length, levels.flat().length]).toEqual([121, 181]);
    const lines = text(dag(diamonds(60)));
    expect(lines.length).toBe(182);
    expect(lines.filter((line) => /^ +\d+ {2}[├└]─ /.test(line)).length).toBe(120);
    expect(lines.filter((line) => /^ +\d+ {2}s/.test(line)).length).toBe(61);
  });

  test('where branches lie too deep within branches, the levels alone are shown', () => {
    const comb = Array.from({ length: 40 }, (_, i) => {
      const depends = i === 0 ? [] : [i % 2 === 0 ? i - 1 : i];
      return step(i + 1, { depends });
    });
    expect(text(dag(comb)).join('\n')).not.toContain('├');
    expect(text(dag(comb)).length).toBe(41);
    expect(text(dag(comb))[3]).toMatch(/^ {3}\d {2}s\d+ {2}← s\d+$/);
  });

  test('a name is never cut, however long, and a fan-in of ten thousand is shown whole', () => {
    const long = 'x'.repeat(200);
    expect(text(dag([step(1, { label: long })]))[1]).toBe(`  1  ${long}`);
    const wide = Array.from({ length: 10_000 }, (_, i) => step(i + 1));
    const all = text(dag([...wide, step(10_001, { depends: wide.map(({ number }) => number) })]));
    expect(all.join(' ').match(/\bs\d+/g)?.length).toBe(20_001);
  });
});

describe('flow graph for programs', () => {
  test('as Mermaid: nodes by number, labels escaped', () => {
    expect(mermaidLines(ETL[0])).toEqual([
      'flowchart TD',
      '  s1["extract"]',
      '  s2["lookup"]',
      '  s3["load"]',
      '  s4["say #34;hi#34;"]',
      '  s2 --> s3',
      '  s1 --> s3',
      '  s3 --> s4',
      '  exit(["onExit"])',
    ]);
  });

  test('as Mermaid: the body of a foreach is a box of its own', () => {
    const [one] = documentsOf(`steps:
  - {id: each, foreach: {items: [a], steps: [{id: make, run: echo}, {id: push, depends: make, run: echo}]}}
`);
    expect(mermaidLines(one)).toEqual([
      'flowchart TD',
      '  s1["each"]',
      '  subgraph s1_ ["for each item of 1 item"]',
      '    s1_1["make"]',
      '    s1_2["push"]',
      '    s1_1 --> s1_2',
      '  end',
      '  s1 -.-> s1_',
    ]);
  });

  test('as DOT: labels quoted, a box for the body of a foreach', () => {
    const steps = `steps:
  - {name: 'say "hi" & \\N', run: echo}
  - {id: each, foreach: {items: [a], steps: [{id: make, run: echo}, {id: push, depends: make, run: echo}]}}
handler_on: {exit: {run: echo}}
`;
    const [one] = documentsOf(steps);
    expect(dotLines(one)).toEqual([
      'digraph "dag" {',
      '  node [shape=box];',
      '  s1 [label="say \\"hi\\" &amp; \\\\N"];',
      '  subgraph cluster_s2 {',
      '    s2 [label="each\\nfor each item of 1 item"];',
      '    s2_s1 [label="make"];',
      '    s2_s2 [label="push"];',
      '    s2 -> s2_s1 [style=dashed];',
      '    s2_s1 -> s2_s2;',
      '  }',
      '  exit [label="onExit", shape=ellipse];',
      '}',
    ]);
  });

  test('Graphviz draws what DOT says', ({ skip }) => {
    skip(spawnSync('dot', ['-V']).error !== undefined, 'graphviz is not installed');
    const nasty = 'a "b" \\N \\\\ &lt; {c|d} <e> é\tf';
    const steps = [...RELEASE[0].steps, step(99, { label: nasty })];
    const { status, stdout, stderr } = spawnSync('dot', ['-Tplain'], {
      input: dotLines(dag(steps)).join('\n'),
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout.match(/^node /gm)?.length).toBe(15);
    expect(stdout.match(/^edge /gm)?.length).toBe(16);
  });

  test('as JSON: steps with what they wait for, their level, bodies and child DAGs', () => {
    const { name, steps, handlers, sub_dags } = graphJson(RELEASE);
    expect([name, handlers, sub_dags.map((one) => one.name)]).toEqual([
      'release',
      ['onFailure', 'onExit'],
      ['deploy'],
    ]);
    expect(steps.map(({ id, level }) => `${id ?? ''} ${level}`)).toEqual(
      'checkout 1,install 2,lint 3,types 3,unit 3,build 3,e2e 4,images 4,scan 5,gate 6,ship 7,docs 1'.split(
        ',',
      ),
    );
    expect(steps.find(({ id }) => id === 'gate')).toEqual({
      ...{ id: 'gate', name: 'gate', action: 'human.task', level: 6, dag: null, steps: null },
      depends: ['lint', 'types', 'unit', 'e2e', 'scan'],
    });
    expect(steps.find(({ id }) => id === 'ship')?.dag).toBe('deploy');
    expect(steps.find(({ id }) => id === 'images')?.steps?.map(({ name, level }) => [name, level])).toEqual([
      ['make', 1],
      ['push', 2],
    ]);
    expect(graphJson(ETL).steps[3]).toMatchObject({ id: null, name: 'say "hi"', depends: ['load'] });
  });
});
