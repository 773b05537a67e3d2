import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findDag, lookUpDag, stem, subDagExists } from '../../src/machine/dag-argument.ts';
import { parseLabel } from '../../src/cli/labels.ts';
import { exitCodeOf } from '../../src/report/exit-code.ts';
import { findRun, findStep, type RunFinder } from '../../src/cli/run-argument.ts';
import type { RunRecord, Snapshot } from '../../src/core/records.ts';
import { FlowError } from '../../src/errors/diagnostic.ts';
import { record, step } from '../support/dag.ts';
import { dagOf } from '../support/diagnose.ts';
import { created, replay } from '../support/events.ts';

/** What a refusal says: exit code, code, message, hint. */
async function refusal(work: () => unknown): Promise<unknown[]> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof FlowError)) throw error;
    const [first] = error.diagnostics;
    return [error.exitCode, first?.code, first?.message, first?.hint];
  }
  throw new Error('nothing was refused');
}

/** Newest first. */
function finder(...runs: [id: string, dag: string][]): RunFinder {
  const all: Snapshot[] = runs.map(([id, dag]) => replay([created(['a'], { id, dag })]));
  const records = (): RunRecord[] => all.map(({ run }) => run);
  return {
    load: (id) => Promise.resolve(all.find(({ run }) => run.id === id) ?? null),
    runs: ({ dag, limit }) =>
      Promise.resolve(
        records()
          .filter((run) => dag === undefined || run.dag === dag)
          .slice(0, limit),
      ),
    idsLike: (part, limit) =>
      Promise.resolve(
        records()
          .map((run) => run.id)
          .filter((id) => id.startsWith(part) || id.endsWith(part))
          .slice(0, limit),
      ),
  };
}

describe('RUN arguments (CLI.md §1)', () => {
  const store = finder(
    ['0001-aaaa', 'etl'],
    ['0002-bbbb', 'hello'],
    ['0002-cccc', 'etl'],
    ['hello', 'other'],
  );
  const places = { dagNames: (argument: string) => Promise.resolve([argument]) };
  const find = async (argument?: string): Promise<string> => (await findRun(store, argument, places)).run.id;

  test.each([
    [undefined, '0001-aaaa'],
    ['last', '0001-aaaa'],
    ['0002-cccc', '0002-cccc'],
    ['hello', 'hello'],
    ['etl', '0001-aaaa'],
    ['0001', '0001-aaaa'],
    ['bbbb', '0002-bbbb'],
  ])('%j is %s', async (argument, id) => {
    expect(await find(argument)).toBe(id);
  });

  test('E003 for what is unknown, too short, or ambiguous', async () => {
    expect(await refusal(() => find('hallo'))).toEqual([
      2,
      'E003',
      'no run "hallo"',
      'did you mean "hello"?',
    ]);
    expect(await refusal(() => find('aaa'))).toEqual([
      2,
      'E003',
      'no run "aaa"',
      'give at least 4 characters of a run id',
    ]);
    expect(await refusal(() => find('0002'))).toEqual([
      2,
      'E003',
      'run "0002" is ambiguous: 0002-bbbb, 0002-cccc',
      'give more of the run id',
    ]);
  });

  test('without any run', async () => {
    expect(await refusal(() => findRun(finder(), undefined, places))).toEqual([
      2,
      'E003',
      'no run is recorded yet',
      'start one with `flow run DAG`',
    ]);
  });
});

describe('STEP arguments', () => {
  const steps = [
    record(step(1, { id: 'b', name: 'a', label: 'b' })),
    record(step(2, { id: 'a', name: 'x', label: 'a' })),
    { ...record(step(3)), kind: 'exit' as const, id: null, name: 'anything', label: 'onExit' },
  ];

  test('an id wins over a name; handlers by their name', () => {
    expect(findStep(steps, 'a').number).toBe(2);
    expect(findStep(steps, 'x').number).toBe(2);
    expect(findStep(steps, 'onExit').number).toBe(3);
  });

  test('E820 with the nearest', async () => {
    expect(await refusal(() => findStep(steps, 'onExi', '--from'))).toEqual([
      2,
      'E820',
      '--from: no step "onExi"',
      'did you mean "onExit"?',
    ]);
  });

  test('E820: a step of a foreach body is named by that step (LANGUAGE.md §16.1)', async () => {
    const { steps } = dagOf(
      'steps: [{id: a, run: x}, {id: load, foreach: {items: [1], steps: [{id: one, name: first one, run: x}]}}]',
    );
    for (const argument of ['one', 'first one']) {
      expect(await refusal(() => findStep(steps, argument, '--only'))).toEqual([
        2,
        'E820',
        `--only: no step "${argument}"`,
        'it stands in the foreach body of "load", name that step',
      ]);
    }
  });
});

describe('DAG arguments (LANGUAGE.md §2.4)', () => {
  let cwd: string;
  const places = () => ({ cwd, dags: join(cwd, 'dags'), userHome: cwd });

  beforeEach(() => {
    cwd = mkdtempSync(join(tmpdir(), 'flow-cli-'));
    mkdirSync(join(cwd, 'dags'));
    mkdirSync(join(cwd, 'etl'));
    for (const name of ['dags/etl.yaml', 'dags/hello.yml', 'here.yaml']) writeFileSync(join(cwd, name), '');
  });
  afterEach(() => rmSync(cwd, { recursive: true }));

  test.each([
    ['here.yaml', 'here.yaml'],
    ['here', 'here.yaml'],
    ['~/here', 'here.yaml'],
    ['hello', 'dags/hello.yml'],
    ['etl', 'dags/etl.yaml'],
    ['./dags/etl.yaml', 'dags/etl.yaml'],
  ])('%j is %s', (argument, shown) => {
    expect(findDag(argument, places())).toEqual({ path: join(cwd, shown), shown });
  });

  test('E002 names the places tried and the nearest', async () => {
    expect(await refusal(() => findDag('helo', places()))).toEqual([
      2,
      'E002',
      'DAG "helo" not found: tried helo, helo.yaml, helo.yml, dags/helo, dags/helo.yaml, dags/helo.yml',
      'did you mean "hello"?',
    ]);
    expect(lookUpDag('helo', places())).toBeNull();
  });

  test('a directory is no DAG (G17)', async () => {
    expect((await refusal(() => findDag('dags', places())))[2]).toBe(
      'DAG "dags" not found: dags is a directory, expected a file',
    );
  });

  test('a sub-DAG is a file beside the DAG file, else a name in the DAG folder (LANGUAGE.md §17)', () => {
    const exists = (file: string, target: string): true | readonly string[] =>
      subDagExists(join(cwd, file), target, places());
    expect(exists('here.yaml', 'here')).toBe(true);
    expect(exists('etl/main.yaml', 'hello')).toBe(true);
    expect(exists('etl/main.yaml', '../here.yaml')).toBe(true);
    expect(exists('etl/main.yaml', 'here.yaml')).toEqual(['etl/here.yaml', 'dags/here.yaml']);
    expect(exists('here.yaml', 'etl')).toBe(true);
  });

  test('the stem of a file', () => {
    expect(['a/b.yaml', 'b.yml', 'b.c', 'b'].map(stem)).toEqual(['b', 'b', 'b.c', 'b']);
  });
});

describe('exit codes (CLI.md §2)', () => {
  test.each([
    ['succeeded', null, 0],
    ['partially_succeeded', null, 0],
    ['failed', null, 1],
    ['failed', 'R401', 1],
    ['failed', 'run_timed_out', 124],
    ['waiting', null, 3],
    ['rejected', 'rejected', 4],
    ['aborted', 'precondition_not_met', 0],
    ['aborted', 'sigint', 130],
    ['aborted', 'sigterm', 143],
    ['aborted', 'sighup', 143],
    ['aborted', 'stopped', 143],
    ['aborted', null, 143],
  ] as const)('%s, %s: %d', (state, reason, code) => {
    expect(exitCodeOf({ state, reason })).toBe(code);
  });
});

test('labels', async () => {
  expect(['a', 'a=', 'a=b=c'].map(parseLabel)).toEqual([
    ['a', ''],
    ['a', ''],
    ['a', 'b=c'],
  ]);
  expect((await refusal(() => parseLabel('=x')))[2]).toBe('--label must be K or K=V, got "=x"');
});
