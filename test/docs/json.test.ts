import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { spawnDaemon } from '../support/daemon.ts';
import { eventually } from '../support/eventually.ts';
import { place, type Place } from '../support/flow.ts';

/** What docs/json.md shows of each command is what the command prints: the same keys, with the same kinds of values. */
const PAGE = readFileSync('docs/json.md', 'utf8');
const SHOWN = new Map(
  [...PAGE.matchAll(/^## (flow [^\n]+)\n[^]*?```json\n([^]*?)```/gm)].map(
    ([, command = '', text = '']) => [command, JSON.parse(text) as unknown] as const,
  ),
);

const DAGS = {
  'nightly.yaml': `
schedule: "0 2 29 2 *"
labels: {team: blue}
params: [{region: eu}]
steps:
  - {id: load, run: 'echo rows=1 >> "$FLOW_OUTPUT_FILE"', outputs: [{name: rows}]}
  - {id: kid, depends: load, action: dag.run, with: {dag: kid}}
  - {id: bad, run: exit 4}
  - {id: ask, action: human.task, with: {prompt: Publish?, form: {properties: {ticket: {type: string}}}}}
---
name: kid
steps: [{run: 'true'}]
`,
  'busy.yaml':
    'schedule: "* * * * * *"\nsteps: [{run: touch begun; until test -e go; do sleep 0.05; done}]\n',
};

/** Maps whose keys are of the author. */
const FREE = new Set(['labels', 'params', 'outputs', 'inputs']);

type Shape = string | { [key: string]: Shape } | Shape[];

/** Kinds of values by key; of lists, all that their elements have. */
function shapeOf(value: unknown): Shape {
  if (Array.isArray(value)) return value.length === 0 ? [] : [value.map(shapeOf).reduce(both)];
  if (value === null) return 'null';
  if (typeof value !== 'object') return typeof value;
  const entries = Object.entries(value).map(
    ([key, inner]) => [key, FREE.has(key) ? 'free' : shapeOf(inner)] as const,
  );
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** One shape for two values; null, and a list without elements, tell nothing. */
function both(a: Shape, b: Shape): Shape {
  if (a === 'null') return b;
  if (b === 'null') return a;
  if (Array.isArray(a) && Array.isArray(b)) {
    const [x, y] = [a[0], b[0]];
    return x === undefined ? b : y === undefined ? a : [both(x, y)];
  }
  if (typeof a !== 'object' || typeof b !== 'object' || Array.isArray(a) || Array.isArray(b)) return a;
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
  return Object.fromEntries(keys.map((key) => [key, both(a[key] ?? 'missing', b[key] ?? 'missing')]));
}

let at: Place;
const cleaners: (() => void | Promise<void>)[] = [];

describe('docs/json.md', () => {
  beforeAll(async () => {
    at = place((clean) => cleaners.push(clean));
    for (const [name, text] of Object.entries(DAGS)) at.write(`dags/${name}`, text);
    at.write('broken.yaml', 'steps:\n  - {id: build, run: x}\n  - {id: test, depends: biuld, run: y}\n');
    await at.flow(['run', 'nightly', '--only', 'load', '--only', 'kid', '--only', 'ask', '--run-id', 'r-1']);
    await at.flow(['complete', 'r-1', 'ask', '--input', 'ticket=A-1']);
    await at.flow(['run', 'nightly', '--run-id', 'r-2']);
    const daemon = spawnDaemon(at, ['--drain-timeout', '0s'], {});
    cleaners.unshift(async () => {
      daemon.child.kill('SIGKILL');
      await daemon.child;
    });
    const skipped = async (): Promise<boolean> => {
      const { ticks } = (await at.json(['history', '--json'])) as { ticks: unknown[] };
      return ticks.length > 0;
    };
    await eventually(skipped);
    return async () => {
      at.write('dags/go', '');
      for (const clean of cleaners) await clean();
    };
  }, 60_000);

  const commands: Readonly<Record<string, readonly string[]>> = {
    'flow status --json': ['status', 'r-1', '--json'],
    'flow history --json': ['history', '--json'],
    'flow why RUN STEP --json': ['why', 'r-2', 'bad', '--json'],
    'flow list --json': ['list', '--json'],
    'flow schedule DAG --json': ['schedule', 'nightly', '--json'],
    'flow status --daemon --json': ['status', '--daemon', '--json'],
    'flow validate FILE --json': ['validate', 'broken.yaml', '--json'],
    'flow graph DAG --format json': ['graph', 'nightly', '--format', 'json'],
    'flow doctor --json': ['doctor', '--json'],
    'flow sql QUERY --json': ['sql', 'select dag, state from runs', '--json'],
  };

  test('every command on the page is tried', () => {
    expect([...SHOWN.keys()].sort()).toEqual(Object.keys(commands).sort());
  });

  test.for(Object.keys(commands))('%s', async (command) => {
    const { stdout, stderr } = await at.flow(commands[command] ?? []);
    expect(stderr).toBe('');
    const printed = shapeOf(JSON.parse(stdout));
    const shown = shapeOf(SHOWN.get(command));
    // What is null in one of them has the kind that the other shows.
    expect(both(printed, shown)).toEqual(both(shown, printed));
    expect(JSON.stringify(both(shown, printed))).not.toContain('missing');
  });
});
