import { randomBytes } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { Json } from '../../src/base/json.ts';
import type { Dag } from '../../src/core/dag.ts';
import { compileDag, compiledKey } from '../../src/machine/compiled-dag.ts';
import { packDag, unpackDag } from '../../src/machine/dag-codec.ts';
import { dagOf, load } from '../support/diagnose.ts';

// That a DAG comes back as it was is checked for every DAG of test/language, where it is made: support/diagnose.ts.

const steps = (count: number): string => `steps:\n${'  - run: x\n'.repeat(count)}`;
const RUN = { dag: 'etl', unresolved: 'strict', document: 0, parent: null } as const;

describe('a DAG as bytes', () => {
  test('steps that differ in everything come back, and share nothing that can be seen', () => {
    const dag = dagOf(`consts: [{a: b}]
labels: {__proto__: x, constructor: y}
handler_on: {exit: {run: x}}
steps:
  - {id: a, run: x, env: {A: 1}, retry_policy: {limit: 1, interval_sec: 0.5}}
  - {id: b, action: noop, depends: a}
  - {id: c, foreach: {items: [1, {a: [~]}], steps: [{run: y}]}, depends: [a, b]}
`);
    expect(unpackDag(packDag(dag)!)).toStrictEqual(dag);
  });

  test('damaged or foreign bytes are no DAG', () => {
    const packed = packDag(dagOf(steps(3)))!;
    expect(unpackDag(packed.subarray(0, -1))).toBeNull();
    for (let i = 2; i < packed.length; i++) {
      const damaged = Uint8Array.from(packed);
      damaged[i]! ^= 0xff;
      expect(unpackDag(damaged)).toBeNull();
    }
    for (const text of ['', '{', 'null', '{}', '{"head":{}}'])
      expect(unpackDag(deflateSync(text))).toBeNull();
    expect(unpackDag(randomBytes(100))).toBeNull();
    expect(unpackDag(new Uint8Array())).toBeNull();
  });

  test('what JSON would change is refused', () => {
    const dag = dagOf(steps(1));
    const withSchema = (paramsSchema: unknown): Dag => ({ ...dag, paramsSchema: paramsSchema as Json });
    const marks = [{ $map: [] }, { $bare: {} }, { $undefined: true }];
    for (const value of [-0, NaN, Infinity, 1n, new Set(), ...marks])
      expect(packDag(withSchema({ a: [value] }))).toBeNull();
    expect(packDag({ ...dag, steps: [...dag.steps, { ...dag.steps[0], more: 1 } as never] })).toBeNull();
    const bare = Object.assign(Object.create(null) as object, { ['__proto__']: 1, a: new Map([[1, [{}]]]) });
    expect(unpackDag(packDag(withSchema(bare))!)).toStrictEqual(withSchema(bare));
    const absent = withSchema({ a: undefined, b: [undefined, 1] });
    expect(unpackDag(packDag(absent)!)).toStrictEqual(absent);
  });
});

describe('what is kept', () => {
  test('a large DAG alone in its file, by a build of flow', () => {
    const large = [dagOf(steps(500))];
    const { key, data } = compileDag(RUN, large, 'b1')!;
    expect(key).toBe(compiledKey(RUN, 'b1'));
    expect(unpackDag(data)).toStrictEqual(large[0]);
    expect(compileDag(RUN, large, null)).toBeNull();
    expect(compileDag(RUN, [dagOf(steps(499))], 'b1')).toBeNull();
    const two = load(`${steps(500)}---\nname: b\nsteps: [{run: x}]\n`).documents;
    expect(compileDag(RUN, two, 'b1')).toBeNull();
  });

  test('the key is of the build, the name and how references are taken; child runs have none', () => {
    const keys = [
      compiledKey(RUN, 'b1'),
      compiledKey(RUN, 'b2'),
      compiledKey({ ...RUN, dag: 'other' }, 'b1'),
      compiledKey({ ...RUN, unresolved: 'keep' }, 'b1'),
    ];
    expect(new Set(keys).size).toBe(4);
    expect(compiledKey({ ...RUN, parent: { run: 'r', step: 1 } }, 'b1')).toBeNull();
    expect(compiledKey({ ...RUN, document: 1 }, 'b1')).toBeNull();
  });
});
