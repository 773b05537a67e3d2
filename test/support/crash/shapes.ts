/** A DAG for the crash campaign: its effects are lines in files, so that each can be counted. */
export interface Shape {
  readonly name: string;
  readonly text: string;
  /** File names in the folder of effects, and how many lines each holds when all went well. */
  readonly effects: ReadonlyMap<string, number>;
  /** A secret that no file of flow may hold. */
  readonly secret?: string;
}

/** Each step of the campaign finds the folder of effects in `$E`, which is part of the environment of flow. */
const effect = (name: string, nap = 0.02): string => `sleep ${nap}; echo done >> "$E/${name}"; sleep ${nap}`;

function once(names: readonly string[]): ReadonlyMap<string, number> {
  return new Map(names.map((name) => [name, 1]));
}

const numbers = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** Five layers of six steps; each depends on two of the layer before. */
function layers(): Shape {
  const steps = numbers(30).map((n) => {
    const [layer, i] = [Math.floor(n / 6), n % 6];
    const depends = layer === 0 ? '[]' : `[l${layer - 1}_${i}, l${layer - 1}_${(i + 1) % 6}]`;
    const nap = Number(`0.0${((layer * 7 + i * 3) % 9) + 1}`);
    return { id: `l${layer}_${i}`, depends, nap };
  });
  const lines = steps.map(
    ({ id, depends, nap }) => `  - {id: ${id}, depends: ${depends}, run: '${effect(id, nap)}'}`,
  );
  return { name: 'layers', text: file(lines), effects: once(steps.map(({ id }) => id)) };
}

function chain(): Shape {
  const ids = numbers(12).map((n) => `c${n}`);
  const lines = ids.map((id) => `  - {id: ${id}, run: '${effect(id)}'}`);
  return { name: 'chain', text: `type: chain\n${file(lines)}`, effects: once(ids) };
}

function wide(): Shape {
  const ids = numbers(40).map((n) => `w${n}`);
  const lines = ids.map((id, n) => `  - {id: ${id}, depends: [], run: '${effect(id, 0.01 + (n % 5) / 50)}'}`);
  const text = file([...lines, `  - {id: last, depends: [${ids.join(', ')}], run: '${effect('last')}'}`]);
  return { name: 'wide', text, effects: once([...ids, 'last']) };
}

/** Items of a foreach step, child runs of their own and in parallel, and a step after all of them. */
function children(): Shape {
  const step = (id: string, key: string, depends = ''): string =>
    `{id: ${id}, ${depends}env: [{KEY: "${key}"}], run: '${effect(`$FLOW_STEP_ID-$KEY`)}'}`;
  const text = `steps:
  - id: items
    foreach:
      items: [a, b, c, d, e, f]
      max_concurrent: 3
      steps:
        - ${step('one', '${foreach.item}')}
        - ${step('two', '${foreach.item}', 'depends: one, ')}
  - {id: kid, depends: [], action: dag.run, with: {dag: child, params: {n: alone}}}
  - id: kids
    depends: []
    action: dag.run
    with: {dag: child, params: {n: "\${ITEM}"}}
    parallel: {items: [p, q, r], max_concurrent: 2}
  - {id: after, depends: [items, kid, kids], run: '${effect('after')}'}
---
name: child
params: [{name: n, required: true}]
steps:
  - ${step('up', '${params.n}')}
  - ${step('down', '${params.n}', 'depends: up, ')}
`;
  const items = [...'abcdef'].flatMap((key) => [`one-${key}`, `two-${key}`]);
  const kids = ['alone', 'p', 'q', 'r'].flatMap((key) => [`up-${key}`, `down-${key}`]);
  return { name: 'items and child runs', text, effects: once([...items, ...kids, 'after']) };
}

/** Every step fails twice and succeeds at its third try: three lines, whatever happens in between. */
function retries(): Shape {
  const ids = numbers(4).map((n) => `r${n}`);
  const lines = ids.map(
    (id) => `  - id: ${id}
    retry_policy: {limit: 2, interval_sec: 0.05}
    run: '${effect(id)}; test "$(wc -l < "$E/${id}")" -ge 3'`,
  );
  return { name: 'retries', text: `type: chain\n${file(lines)}`, effects: new Map(ids.map((id) => [id, 3])) };
}

/** Steps whose `run` is a list: an entry that is done is not begun again. */
function lists(): Shape {
  const ids = numbers(3).map((n) => `s${n}`);
  const entries = (id: string): string[] => numbers(4).map((n) => `${id}-${n}`);
  const lines = ids.map((id) => {
    const run = entries(id).map((name) => `      - '${effect(name)}'`);
    return `  - id: ${id}\n    run:\n${run.join('\n')}`;
  });
  return { name: 'run lists', text: `type: chain\n${file(lines)}`, effects: once(ids.flatMap(entries)) };
}

/** Output passes through a process that masks it, which outlives flow as the step does. */
function secrets(): Shape {
  const ids = numbers(8).map((n) => `m${n}`);
  const lines = ids.map((id) => `  - {id: ${id}, run: 'echo "$TOKEN"; ${effect(id)}; echo "$TOKEN" >&2'}`);
  const text = `secrets: [{name: TOKEN, provider: env, key: CAMPAIGN_TOKEN}]\ntype: chain\n${file(lines)}`;
  return { name: 'secrets', text, effects: once(ids), secret: 'canary-of-the-campaign-4711' };
}

function file(steps: readonly string[]): string {
  return `steps:\n${steps.join('\n')}\n`;
}

export const SHAPES: readonly Shape[] = [
  layers(),
  chain(),
  wide(),
  children(),
  retries(),
  lists(),
  secrets(),
];
