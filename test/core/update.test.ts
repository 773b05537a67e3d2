import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Dag, Step } from '../../src/core/dag.ts';
import type { RunEvent, StepSeed } from '../../src/core/events.ts';
import { fold } from '../../src/core/fold.ts';
import { downstream } from '../../src/core/graph.ts';
import { allSteps } from '../../src/core/numbers.ts';
import type { Snapshot, StepRecord } from '../../src/core/records.ts';
import { planResume, type Found, type ResumePlan } from '../../src/core/resume.ts';
import { planReuse } from '../../src/core/reuse.ts';
import { Touched } from '../../src/core/touched.ts';
import { planUpdate, type Update } from '../../src/core/update.ts';
import { dag, diamonds, record, step } from '../support/dag.ts';
import { created, OWNER, replay, started } from '../support/events.ts';

const run = (text: string): Step['action'] => ({ kind: 'run', form: 'command', text, shell: null });

/** A step that runs its own text. */
function does(number: number, id: string, more: Partial<Step> = {}): Step {
  return step(number, { id, name: id, label: id, action: run(`do ${id}`), ...more });
}

/** A step without id and name. */
function nameless(number: number, text: string): Step {
  const name = `step_${number}`;
  return { ...step(number, { action: run(text) }), id: null, name, label: name };
}

function snapshotOf(steps: readonly Step[], more: Partial<StepRecord> = {}): Snapshot {
  return { ...replay([created([])]), steps: steps.map((s) => record(s, 'succeeded', more)) };
}

function plan(old: Dag, now: Dag, snapshot = snapshotOf(allSteps(old)), more: object = {}) {
  const update = planUpdate(old, now, snapshot);
  const input = {
    dag: update.dag,
    snapshot,
    update,
    interrupted: false,
    from: null,
    found: new Map<number, Found>(),
  };
  return { update, ...planResume({ ...input, ...more }) };
}

const verdicts = ({ decisions }: ResumePlan): string[] =>
  decisions.map(({ label, verdict, why }) => `${verdict} ${label}: ${why}`);

describe('--updated: LANGUAGE.md §22.3', () => {
  const chain = [does(1, 'a'), does(2, 'b', { depends: [1] }), does(3, 'c', { depends: [2] }), does(4, 'd')];

  test('changed, new, downstream and dropped steps; rows keep their numbers', () => {
    const edited = [
      does(1, 'new'),
      does(2, 'a'),
      does(3, 'b', { depends: [2], action: run('other') }),
      does(4, 'c', { depends: [3] }),
    ];
    const result = plan(dag(chain), dag(edited));
    expect(verdicts(result)).toEqual([
      'run new: new',
      'keep a: succeeded',
      'run b: changed: run',
      'run c: downstream of b',
      'drop d: no longer in the file',
    ]);
    expect(result.update.numbers).toEqual([5, 1, 2, 3]);
    expect(result.update.dropped).toEqual([4]);
    expect([result.run, [...result.anew].sort()]).toEqual([
      [2, 3, 5],
      [2, 3, 5],
    ]);
    expect(result.update.dag.steps.map(({ depends }) => depends)).toEqual([[], [], [1], [2]]);
  });

  test('a changed `depends` alone runs nothing again', () => {
    const edited = [...chain.slice(0, 3), does(4, 'd', { depends: [1] })];
    expect(plan(dag(chain), dag(edited)).run).toEqual([]);
  });

  test('but a step that now lies downstream of one that runs is run after it', () => {
    const edited = [...chain.slice(0, 3), does(4, 'd', { depends: [1] })];
    const snapshot = snapshotOf(chain);
    Object.assign(snapshot.steps[0] ?? {}, { state: 'failed' });
    for (const i of [1, 2])
      Object.assign(snapshot.steps[i] ?? {}, { state: 'aborted', message: 'upstream failed: a' });
    const result = plan(dag(chain), dag(edited), snapshot);
    expect(verdicts(result)).toEqual([
      'run a: failed',
      'run b: upstream failed: a',
      'run c: upstream failed: a',
      'run d: downstream of a',
    ]);
    // Only what had ended well begins anew.
    expect([...result.anew]).toEqual([4]);
  });

  test('R10: a tolerated failure and a skipped step are kept, unless changed or downstream of what is', () => {
    const old = [does(1, 'a'), does(2, 'b', { depends: [1] }), does(3, 'c')];
    const snapshot = snapshotOf(old);
    Object.assign(snapshot.steps[0] ?? {}, { state: 'failed', tolerated: true });
    Object.assign(snapshot.steps[1] ?? {}, { state: 'skipped' });
    expect(plan(dag(old), dag(old), snapshot).run).toEqual([]);
    expect(plan(dag(old), dag([does(1, 'a', { action: run('x') }), ...old.slice(1)]), snapshot).run).toEqual([
      1, 2,
    ]);
  });

  test('a living process is attached, of a changed step not', () => {
    const old = [does(1, 'a'), does(2, 'b')];
    const snapshot = snapshotOf(old);
    for (const one of snapshot.steps) one.state = 'running';
    const found = new Map<number, Found>([
      [1, 'alive'],
      [2, 'alive'],
    ]);
    const result = plan(dag(old), dag([does(1, 'a', { action: run('x') })]), snapshot, {
      found,
      interrupted: true,
    });
    expect([result.run, result.attached, result.update.dropped]).toEqual([[1], [], [2]]);
    expect(plan(dag(old), dag(old), snapshot, { found, interrupted: true }).attached).toEqual([1, 2]);
  });

  test('what --only left out stays out', () => {
    const snapshot = snapshotOf(chain);
    const some = { ...snapshot, run: { ...snapshot.run, selected: [2] } };
    const changed = [does(1, 'a', { action: run('x') }), ...chain.slice(1), does(5, 'e')];
    expect(plan(dag(chain), dag(changed), some).run).toEqual([]);
    expect(verdicts(plan(dag(chain), dag(changed), some))).toContain('keep e: new, but not selected');
    const chosen = chain.map((s) => (s.label === 'b' ? { ...s, action: run('x') } : s));
    expect(plan(dag(chain), dag(chosen), some).run).toEqual([2]);
  });

  test('handlers are matched by their event: a changed one runs, also init after an interruption', () => {
    const handler = (number: number, kind: 'init' | 'exit', text: string): Step =>
      step(number, { kind, id: null, name: kind, label: kind, action: run(text) });
    const old = dag([does(1, 'a')], { handlers: new Map([['init', handler(2, 'init', 'x')]]) });
    const snapshot = snapshotOf(allSteps(old));
    const edited = (text: string): Dag =>
      dag([does(1, 'a')], {
        handlers: new Map([
          ['init', handler(2, 'init', text)],
          ['exit', handler(3, 'exit', 'bye')],
        ]),
      });
    const interrupted = { interrupted: true };
    expect(plan(old, edited('x'), snapshot, interrupted).run).toEqual([3]);
    expect(plan(old, edited('y'), snapshot, interrupted).run).toEqual([2, 3]);
    expect(plan(old, dag([does(1, 'a')]), snapshot).update.dropped).toEqual([2]);
  });
});

describe('which step is which', () => {
  const match = (old: Step[], now: Step[]): Update => planUpdate(dag(old), dag(now), snapshotOf(old));

  test('by id, wherever it stands', () => {
    const { numbers, warnings } = match([does(1, 'a'), does(2, 'b')], [does(1, 'b'), does(2, 'a')]);
    expect([numbers, warnings]).toEqual([[2, 1], []]);
  });

  test('else by name: a new id is no new step', () => {
    const old = [does(1, 'a', { name: 'Load' }), does(2, 'b')];
    const { numbers, seeds, warnings } = match(old, [does(1, 'b'), does(2, 'x', { name: 'Load' })]);
    expect([numbers, warnings]).toEqual([[2, 1], []]);
    expect(seeds).toEqual([{ number: 1, kind: 'step', id: 'x', name: 'Load', label: 'x' }]);
  });

  test('else by position, and W821 says so where it matters', () => {
    const old = [nameless(1, 'one'), nameless(2, 'two')];
    expect(match(old, old).warnings).toEqual([]);
    const { numbers, changed, warnings } = match(old, [
      nameless(1, 'zero'),
      nameless(2, 'one'),
      nameless(3, 'two'),
    ]);
    expect(numbers).toEqual([1, 2, 3]);
    expect([...changed.keys()]).toEqual([1, 2]);
    expect(warnings).toEqual([
      { code: 'W821', message: expect.stringContaining('matched by position: step_1, step_2') as string },
    ]);
  });

  test('an id that is given to a step, or another one, keeps its result; another id that does something else is another step', () => {
    const given = match([nameless(1, 'one')], [does(1, 'a', { action: run('one') })]);
    expect([given.numbers, given.changed.size, given.warnings.length]).toEqual([[1], 0, 1]);
    const renamed = match([does(1, 'a')], [does(1, 'b', { action: run('do a') })]);
    expect([renamed.numbers, renamed.changed.size]).toEqual([[1], 0]);
    const other = match([does(1, 'a')], [does(1, 'b')]);
    expect([other.numbers, other.dropped, [...other.added]]).toEqual([[2], [1], [2]]);
  });

  test('rows of items go with their step, and new numbers come after them', () => {
    const old = [does(1, 'each'), does(2, 'b')];
    const snapshot = snapshotOf(old);
    const item = { parent: 1, body: 0, index: 0, key: 'k', hash: 'h', generation: 0 };
    snapshot.steps.push(record(step(3), 'succeeded', { item }));
    const { dropped, numbers } = planUpdate(dag(old), dag([does(1, 'b'), does(2, 'c')]), snapshot);
    expect([dropped, numbers]).toEqual([
      [1, 3],
      [2, 4],
    ]);
  });
});

describe('W820', () => {
  const env = (value: string, more: Partial<Dag> = {}): Dag =>
    dag([does(1, 'a')], {
      env: [
        { name: 'A', value },
        { name: 'B', value: 'b' },
      ],
      ...more,
    });

  test('names what changed in root env, after consts, and the list of dotenv files', () => {
    const said = (old: Dag, now: Dag): string[] =>
      planUpdate(old, now, snapshotOf(old.steps)).warnings.map(({ message }) => message.split(';')[0] ?? '');
    expect(said(env('1'), env('1'))).toEqual([]);
    expect(said(env('1'), env('2'))).toEqual(['root env changed: A']);
    const consts = new Map([['X', '1']]);
    expect(said(env('1'), env('${consts.X}', { consts }))).toEqual([]);
    expect(said(env('1'), env('1', { dotenv: { on: true, files: ['prod.env'] } }))).toEqual([
      'root env changed: dotenv',
    ]);
  });

  test('runs nothing again', () => expect(plan(env('1'), env('2')).run).toEqual([]));
});

describe('properties', () => {
  /** A DAG whose steps depend on earlier ones, and a state for each that fits. */
  const graphs = fc
    .array(fc.record({ up: fc.array(fc.nat(100), { maxLength: 3 }), bad: fc.boolean() }), {
      minLength: 1,
      maxLength: 12,
    })
    .map((list) => {
      const steps = list.map(({ up }, i) =>
        does(i + 1, `s${i}`, { depends: i === 0 ? [] : [...new Set(up.map((n) => (n % i) + 1))] }),
      );
      const failed = list.flatMap(({ bad }, i) => (bad ? [i + 1] : []));
      const below = downstream(steps, failed);
      const records = steps.map((s) =>
        record(s, !below.has(s.number) ? 'succeeded' : failed.includes(s.number) ? 'failed' : 'aborted'),
      );
      return { steps, snapshot: { ...replay([created([])]), steps: records } };
    });

  test('a file that did not change is resumed as without --updated', () => {
    fc.assert(
      fc.property(graphs, ({ steps, snapshot }) => {
        const plain = planResume({
          ...{ dag: dag(steps), snapshot, interrupted: false, from: null, update: null },
          found: new Map(),
        });
        const { update, ...updated } = plan(dag(steps), dag(steps), snapshot);
        expect({ ...updated, run: updated.run }).toEqual(plain);
        expect([update.seeds, update.dropped, update.changed.size, update.warnings]).toEqual([[], [], 0, []]);
      }),
    );
  });

  const edits = fc.record({
    change: fc.array(fc.nat(11)),
    remove: fc.array(fc.nat(11), { maxLength: 3 }),
    add: fc.array(fc.nat(11), { maxLength: 3 }),
  });

  test('what runs is closed downstream; taking the file twice is taking it once', () => {
    fc.assert(
      fc.property(graphs, edits, ({ steps, snapshot }, edit) => {
        const edited = apply(steps, edit);
        const first = plan(dag(steps), dag(edited), snapshot);
        const runs = new Set(first.run);
        expect(downstream(first.update.dag.steps, runs)).toEqual(runs);
        const after = resumed(snapshot, first);
        const second = plan(first.update.dag, dag(edited), after);
        expect([second.update.dropped, second.update.seeds, second.update.changed.size]).toEqual([[], [], 0]);
        expect([...second.run].sort()).toEqual([...first.run].sort());
        expect(second.update.numbers).toEqual(first.update.numbers);
      }),
    );
  });

  test('linear: the top of 60 diamonds is changed', () => {
    const steps = diamonds(60);
    const edited = steps.map((s) => (s.number === 1 ? { ...s, env: [{ name: 'A', value: '1' }] } : s));
    expect(plan(dag(steps), dag(edited)).run).toHaveLength(181);
  });

  function apply(steps: Step[], edit: { change: number[]; remove: number[]; add: number[] }): Step[] {
    const left = steps
      .filter((_s, i) => !edit.remove.includes(i))
      .map((s) => (edit.change.includes(s.number - 1) ? { ...s, action: run(`changed ${s.label}`) } : s));
    const places = new Map(left.map((s, i) => [s.number, i + 1]));
    const kept = left.map((s, i) => ({
      ...s,
      number: i + 1,
      depends: s.depends.flatMap((n) => places.get(n) ?? []),
    }));
    return [
      ...kept,
      ...edit.add.map((n, i) => does(kept.length + i + 1, `n${i}`, { depends: kept[n] ? [n + 1] : [] })),
    ];
  }

  /** The run after the commit that resumes it. */
  function resumed(
    snapshot: Snapshot,
    { update, run: again, attached, anew }: ReturnType<typeof plan>,
  ): Snapshot {
    const seeds: StepSeed[] = snapshot.steps.map(({ number, kind, id, name, label }) => ({
      number,
      kind,
      id,
      name,
      label,
    }));
    const events: RunEvent[] = [created([], { steps: seeds }), started()];
    const state = replay(events);
    for (const [i, one] of snapshot.steps.entries())
      Object.assign(state.steps[i] ?? {}, { state: one.state });
    const { numbers, seeds: added, dropped, changed } = update;
    fold(
      state,
      {
        ...{ type: 'run.resumed', at: 2_000, attempt: 2, owner: OWNER, token: 2, from: null },
        ...{ run: again, attached, anew: [...anew] },
        updated: {
          ...{ definition: 'e'.repeat(64), numbers, steps: added, dropped, params: [] },
          changed: [...changed].map(([number, fields]) => ({ step: number, fields })),
        },
      },
      new Touched(),
    );
    return state;
  }
});

describe('flow rerun --updated --from: LANGUAGE.md §22.5', () => {
  test('takes over what is neither changed, new, named nor downstream of these', () => {
    const old = [does(1, 'a'), does(2, 'b', { depends: [1] }), does(3, 'c'), does(4, 'd', { depends: [3] })];
    const now = [
      does(1, 'a'),
      does(2, 'b', { depends: [1], action: run('x') }),
      does(3, 'c'),
      does(4, 'd', { depends: [3] }),
      does(5, 'e', { depends: [4] }),
    ];
    const snapshot = snapshotOf(old);
    const update = planUpdate(dag(old), dag(now), snapshot);
    const { decisions, reused } = planReuse({ dag: update.dag, from: 5, update, snapshot, shownAs: 'r-1' });
    expect([...reused]).toEqual([1, 3, 4]);
    expect(decisions.map(({ verdict, why }) => `${verdict}: ${why}`)).toEqual([
      'keep: reused from r-1',
      'run: changed: run',
      'keep: reused from r-1',
      'keep: reused from r-1',
      'run: named by --from',
    ]);
  });

  test('nothing is taken over from below a step that had not ended well', () => {
    const old = [does(1, 'a'), does(2, 'b')];
    const snapshot = snapshotOf(old);
    Object.assign(snapshot.steps[0] ?? {}, { state: 'failed' });
    const now = dag([does(1, 'a'), does(2, 'b', { depends: [1] }), does(3, 'c')]);
    const update = planUpdate(dag(old), now, snapshot);
    expect(planReuse({ dag: update.dag, from: 3, update, snapshot, shownAs: 'r-1' }).reused.size).toBe(0);
  });
});
