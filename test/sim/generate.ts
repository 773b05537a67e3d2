import { random } from '../support/random.ts';
import type { Random } from '../support/random.ts';
import type { Fault } from './flow-process.ts';

type Json = Record<string, unknown>;

/** What happens to one flow process that drives the run. */
export interface Sitting {
  readonly faults: readonly Fault[];
  /** Longest delay of one of its calls. */
  readonly slowMs: number;
  /** When it gets signals, after its start. */
  readonly stops: readonly number[];
  /** Another process resumes the run at the same time, and this happens to it. */
  readonly rival: readonly Fault[] | null;
  /** The wall clock is set at its start. */
  readonly wallStep: number;
}

export interface Plan {
  readonly seed: number;
  /** The DAG file; JSON is YAML. */
  readonly text: string;
  /** The first starts the run, the others resume it. Then nothing goes wrong any more. */
  readonly sittings: readonly Sitting[];
  readonly onFailure: 'continue' | 'drain' | 'kill';
  readonly jobs: number;
  /** How long people take to answer; null: they answer only when the run waits. */
  readonly answerMs: number | null;
  /** Every process does what it should, from the start. */
  readonly isCalm: boolean;
}

/** Every so many seeds there are requests; no seed that found a bug before there were any is among them. */
const WITH_NETWORK = 7;

export const CALM: Sitting = { faults: [], slowMs: 0, stops: [], rival: null, wallStep: 0 };

/** Everything that a seed decides. */
export function planOf(seed: number): Plan {
  const chance = random(seed);
  const text = dagText(chance, seed % WITH_NETWORK === 0);
  const sittings = Array.from({ length: 1 + chance.below(4) }, () => sitting(chance));
  return {
    ...{ seed, text, sittings },
    onFailure: chance.oneIn(6) ? chance.pick(['drain', 'kill']) : 'continue',
    jobs: chance.pick([0, 0, 1, 2, 3]),
    answerMs: chance.oneIn(3) ? null : chance.pick([50, 700, 3_000]),
    isCalm: false,
  };
}

function sitting(chance: Random): Sitting {
  return {
    faults: faults(chance),
    slowMs: chance.pick([0, 0, 0, 2, 40]),
    stops: chance.oneIn(4) ? times(chance, 1 + chance.below(3)) : [],
    rival: chance.oneIn(5) ? faults(chance) : null,
    wallStep: chance.oneIn(12) ? chance.pick([-3_600_000, -500, 500, 3_600_000]) : 0,
  };
}

function faults(chance: Random): Fault[] {
  if (chance.oneIn(6)) return [];
  const n = 1 + chance.below(chance.pick([3, 12, 40]));
  if (chance.oneIn(8)) return [{ at: 'append', n, how: 'pause' }];
  if (chance.oneIn(2)) return [{ at: 'append', n, how: chance.pick(['before', 'after']) }];
  return [{ at: 'call', n: n * 2, how: chance.pick(['before', 'after']) }];
}

function times(chance: Random, count: number): number[] {
  return Array.from({ length: count }, () => chance.pick([0, 1, 40, 300, 1_000, 4_000])).sort(
    (a, b) => a - b,
  );
}

function dagText(chance: Random, requests: boolean): string {
  const documents: Json[] = [document(chance, chance.pick([1, 2, 3, 4, 5, 7, 10, 12]), true, requests)];
  if (JSON.stringify(documents).includes('"dag.run"')) {
    documents.push({ name: 'child', ...document(chance, chance.pick([1, 2, 3]), false, requests) });
  }
  return documents.map((one) => JSON.stringify(one, null, 1)).join('\n---\n');
}

function document(chance: Random, size: number, isRoot: boolean, requests: boolean): Json {
  const steps = Array.from({ length: size }, () => ({}));
  const made: Json[] = [];
  for (let i = 0; i < steps.length; i++) made.push(step(chance, i, made, isRoot, requests));
  return {
    ...maybe(chance, 5, { handler_on: handlers(chance) }),
    ...maybe(chance, 10, { timeout_sec: chance.pick([1, 2, 5]) }),
    ...maybe(chance, 8, { retry_policy: { limit: 1, interval_sec: chance.pick([0, 1]) } }),
    ...maybe(chance, 10, { preconditions: [{ condition: 'test root' }] }),
    ...maybe(chance, 3, { max_clean_up_time_sec: chance.pick([0, 1, 2]) }),
    ...maybe(chance, 8, { max_active_steps: chance.pick([1, 2]) }),
    ...maybe(chance, 12, { delay_sec: 1 }),
    steps: made,
  };
}

function maybe(chance: Random, n: number, value: Json): Json {
  return chance.oneIn(n) ? value : {};
}

function handlers(chance: Random): Json {
  const made: Json = {};
  for (const event of ['init', 'success', 'failure', 'abort', 'wait', 'exit']) {
    if (chance.oneIn(3))
      made[event] = { run: `handle ${event}`, ...maybe(chance, 4, { continue_on: 'failed' }) };
  }
  return Object.keys(made).length === 0 ? { exit: { run: 'handle exit' } } : made;
}

const id = (i: number): string => `s${i}`;

function step(chance: Random, i: number, before: readonly Json[], isRoot: boolean, requests: boolean): Json {
  const depends = before.flatMap((one) => (chance.oneIn(before.length < 3 ? 2 : 3) ? [one] : []));
  const base = {
    id: id(i),
    ...(depends.length === 0 ? {} : { depends: depends.map((one) => one['id']) }),
    ...maybe(chance, 10, { preconditions: [{ condition: `test ${i}` }] }),
  };
  if (requests && chance.oneIn(3)) return { ...base, ...request(chance), ...policies(chance) };
  if (isRoot && chance.oneIn(14)) return { ...base, action: 'human.task', with: { prompt: 'go?' } };
  if (chance.oneIn(14)) return { ...base, ...flowAction(chance), ...policies(chance) };
  if (chance.oneIn(9)) return { ...base, foreach: foreach(chance), ...policies(chance) };
  if (isRoot && chance.oneIn(9)) return { ...base, ...child(chance), ...policies(chance) };
  return { ...base, ...command(chance, depends, true), ...policies(chance), ...approval(chance) };
}

function flowAction(chance: Random): Json {
  return chance.oneIn(2)
    ? { action: 'noop' }
    : { action: 'wait.duration', with: { duration: chance.pick(['10ms', '1s']) } };
}

function request(chance: Random): Json {
  return { action: 'http.request', with: { method: chance.pick(['POST', 'GET']), url: 'http://sim/' } };
}

function command(chance: Random, depends: readonly Json[], publishes: boolean): Json {
  const sources = depends.filter((one) => one['outputs'] !== undefined && one['continue_on'] === undefined);
  const env = sources.map((one) => ({
    [`IN_${String(one['id'])}`]: `\${steps.${String(one['id'])}.outputs.v}`,
  }));
  const out = publishes && chance.oneIn(2);
  return {
    env: [...env, { OUT: out ? 'v' : '' }],
    run: chance.oneIn(6) ? ['one', 'two', 'three'] : 'work',
    ...(out ? { outputs: [{ name: 'v' }] } : {}),
  };
}

function foreach(chance: Random): Json {
  const body: Json[] = [
    { id: `b${chance.below(1_000_000)}`, ...command(chance, [], true), ...policies(chance) },
  ];
  if (chance.oneIn(2)) {
    const first = body[0]!;
    const second = {
      id: `${String(first['id'])}x`,
      depends: [first['id']],
      ...command(chance, [first], false),
    };
    body.push({ ...second, ...policies(chance) });
  }
  const items = ['p', 'q', 'r'].slice(0, 1 + chance.below(3));
  return { items, max_concurrent: chance.pick([1, 2, 3]), steps: body };
}

function child(chance: Random): Json {
  const run = { action: 'dag.run', with: { dag: 'child' } };
  if (!chance.oneIn(3)) return run;
  return {
    ...run,
    with: { dag: 'child', params: { n: '${ITEM}' } },
    parallel: { items: ['x', 'y'], max_concurrent: chance.pick([1, 2]) },
  };
}

function policies(chance: Random): Json {
  return {
    ...maybe(chance, 4, {
      retry_policy: { limit: chance.pick([1, 2]), interval_sec: chance.pick([0, 1, 2]) },
    }),
    ...maybe(chance, 12, {
      repeat_policy: { repeat: true, limit: chance.pick([2, 3]), interval_sec: chance.pick([0, 1]) },
    }),
    ...maybe(chance, 8, { continue_on: chance.pick(['failed', 'skipped']) }),
    ...maybe(chance, 8, { timeout_sec: 1 }),
    ...maybe(chance, 6, { on_interrupt: 'fail' }),
  };
}

function approval(chance: Random): Json {
  return maybe(chance, 16, { approval: { prompt: 'fine?' } });
}
