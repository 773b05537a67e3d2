import { CALM } from './generate.ts';
import type { Plan, Sitting } from './generate.ts';
import type { Fault } from './flow-process.ts';

const step = (id: string, more: object = {}): object => ({ id, run: 'work', ...more });
const out = { env: [{ OUT: 'v' }], outputs: [{ name: 'v' }] };
const reads = (id: string): object => ({
  env: [{ [`IN_${id}`]: `\${steps.${id}.outputs.v}` }],
  depends: [id],
});

/** Small DAGs, one construct each. */
const DAGS: Readonly<Record<string, readonly object[]>> = {
  chain: [
    {
      handler_on: { init: { run: 'init' }, exit: { run: 'exit' } },
      steps: [step('a', out), step('b', reads('a'))],
    },
  ],
  diamond: [
    {
      steps: [
        step('a', out),
        step('b', { ...reads('a'), run: ['one', 'two'] }),
        step('c', { depends: ['a'], on_interrupt: 'fail' }),
        step('d', { depends: ['b', 'c'] }),
      ],
    },
  ],
  repeat: [{ steps: [step('a', { repeat_policy: { repeat: true, limit: 2, interval_sec: 1 } }), step('b')] }],
  foreach: [
    {
      steps: [
        { id: 'a', foreach: { items: ['p', 'q'], steps: [step('b', out), step('c', reads('b'))] } },
        step('d', { depends: ['a'] }),
      ],
    },
  ],
  child: [
    { steps: [{ id: 'a', action: 'dag.run', with: { dag: 'child' } }, step('b', { depends: ['a'] })] },
    { name: 'child', steps: [step('c'), step('d', { depends: ['c'] })] },
  ],
  people: [
    {
      steps: [
        step('a', { approval: { prompt: 'fine?' } }),
        { id: 'b', depends: ['a'], action: 'human.task', with: { prompt: 'go?' } },
        step('c', { depends: ['b'] }),
      ],
    },
  ],
};

const HOWS = ['before', 'after'] as const;

export interface Named {
  readonly name: string;
  readonly plan: Plan;
}

/**
 * Every crash point of RELIABILITY.md §3.9 in small DAGs: a death before and after each commit, alone and followed by
 * one before and after each commit of the recovery; and one before and after each other call. It is told after each
 * plan how many processes died: a fault that did not happen is the last of its kind.
 */
export function* exhaustivePlans(mine: (place: number) => boolean): Generator<Named, void, number> {
  let place = 0;
  for (const [dag, documents] of Object.entries(DAGS)) {
    const text = documents.map((one) => JSON.stringify(one)).join('\n---\n');
    for (const how of HOWS) {
      if (!mine(place++)) continue;
      for (let n = 1; (yield plan(dag, text, [{ at: 'call', n, how }])) > 0; n++);
      for (let n = 1; (yield plan(dag, text, [{ at: 'append', n, how }])) > 0; n++) {
        for (const again of HOWS) {
          const first: Fault = { at: 'append', n, how };
          for (let m = 1; (yield plan(dag, text, [first, { at: 'append', n: m, how: again }])) > 1; m++);
        }
      }
    }
  }
}

function plan(dag: string, text: string, faults: readonly Fault[]): Named {
  const sittings = faults.map((fault): Sitting => ({ ...CALM, faults: [fault] }));
  const name = [dag, ...faults.map(({ at, n, how }) => `${at}-${n}-${how}`)].join(':');
  const always = { seed: 1, onFailure: 'continue', jobs: 0, answerMs: null, isCalm: true } as const;
  return { name, plan: { ...always, text, sittings } };
}
