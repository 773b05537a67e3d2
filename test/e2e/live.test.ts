import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { place, type Place } from '../support/flow.ts';
import { NO_TMUX, tmuxScreen, type TmuxScreen } from '../support/tmux.ts';

type WhenFinished = (clean: () => void) => void;

/** Steps that go on until the test makes the file that they wait for. */
const wait = (file: string): string => `until test -e ${file}; do sleep 0.05; done`;

const PIPELINE = `
steps:
  - {id: extract, run: 'echo 3 rows; touch begun; ${wait('extracted')}'}
  - {id: flaky, depends: extract, retry_policy: {limit: 1, interval_sec: 0}, run: 'echo try $FLOW_TRY; test $FLOW_TRY = 2'}
  - {id: each, depends: extract, foreach: {items: [eu, us], key: '\${foreach.item}', steps: [{id: push, env: [{TO: '\${foreach.item}'}], run: 'echo to $TO; ${wait('pushed')}'}]}}
  - {id: load, depends: [flaky, each], run: 'echo connecting; echo no such table >&2; exit 4'}
  - {id: report, depends: load, run: 'true'}
`;

async function begin(
  text: string,
  columns: number,
  rows: number,
  whenFinished: WhenFinished,
): Promise<{ at: Place; screen: TmuxScreen }> {
  const at = place(whenFinished);
  at.write('demo.yaml', text);
  return { at, screen: await tmuxScreen(at, { columns, rows }, whenFinished) };
}

/** The first line of the tree of `demo.yaml`. */
const HEADING = /^[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] d/;

/** What differs from run to run: spinners, times, ids, folders. */
function steady(lines: readonly string[]): string {
  return lines
    .map((line) =>
      line
        .replace(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/g, '⠿')
        .replace(/ {2,}(\d+(\.\d+)?(ms|s|m\d\ds))(?=\s|$)/g, '  <t>')
        .replace(/\b[0-9a-f]{8}\b/g, '<run-id>')
        .replace(/\S+\/logs\/\S+\//g, '<logs>/')
        .trimEnd(),
    )
    .join('\n');
}

describe.skipIf(NO_TMUX !== null)('the live view on a terminal (CLI.md §5)', () => {
  test.for([60, 200])('a run at %i columns, from its first line to its last', async (columns, context) => {
    const { expect, onTestFinished } = context;
    const { at, screen } = await begin(PIPELINE, columns, 30, onTestFinished);
    await screen.type('flow run demo.yaml');
    const first = await screen.until((text) => text.includes('3 rows'));
    expect(steady(first)).toBe(
      [
        '$ flow run demo.yaml',
        '⠿ demo  <run-id>  0 of 5 done, 1 running  <t>',
        '⠿ extract  <t>  │ 3 rows',
        '· flaky',
        '· each',
        '· load',
        '· report',
      ].join('\n'),
    );
    expect(screen.hasCursor()).toBe(false);
    at.write('extracted', '');
    const second = await screen.until((text) => /to eu[^]*to us/.test(text) && /✓ flaky.*│ try 2/.test(text));
    expect(steady(second)).toBe(
      [
        '$ flow run demo.yaml',
        '⠿ demo  <run-id>  2 of 5 done, 1 running  <t>',
        '✓ extract  <t>  │ 3 rows',
        '✓ flaky  <t>  try 2 of 2  │ try 2',
        '⠿ each  <t>',
        '⠿   push[eu]  <t>  │ to eu',
        '⠿   push[us]  <t>  │ to us',
        '· load',
        '· report',
      ].join('\n'),
    );
    at.write('pushed', '');
    const last = await screen.until((text) => text.includes('flow resume'));
    expect(steady(last.slice(0, 14))).toBe(
      [
        '$ flow run demo.yaml',
        '✗ demo  <run-id>',
        '✓ extract  <t>  │ 3 rows',
        '✓ flaky  <t>  try 2 of 2  │ try 2',
        '✓ each  <t>',
        '✓   push[eu]  <t>  │ to eu',
        '✓   push[us]  <t>  │ to us',
        '✗ load  <t>  exit code 4  │ no such table',
        '■ report              upstream failed: load',
        '✗ failed  <t>  3 succeeded, 1 failed, 1 aborted',
        '',
        'load failed: exit code 4',
        '  │ connecting',
        '  │ no such table',
      ].join('\n'),
    );
    // A long path goes on in the next line.
    const end = last.slice(14).join('').replace(/\s+/g, ' ');
    expect(end).toMatch(/^ log \S+\/logs\/\S+\/4\.1\.out ?log \S+4\.1\.err ?go on with flow resume \w{8}/);
    await screen.until((text) => text.endsWith('$'));
    expect(screen.hasCursor()).toBe(true);
  });

  const MANY = [
    'steps:',
    ...Array.from({ length: 300 }, (_, i) => {
      if (i < 3) return `  - {id: held_${i}, run: 'echo held; ${wait('go')}'}`;
      if (i < 100) return `  - {id: quick_${i}, action: noop}`;
      return `  - {id: later_${i}, depends: held_0, action: noop}`;
    }),
  ].join('\n');

  test('hundreds of steps are folded into the height of the terminal', async ({ expect, onTestFinished }) => {
    const { at, screen } = await begin(MANY, 70, 8, onTestFinished);
    await screen.type('flow run demo.yaml');
    const going = await screen.until((text) => text.includes('97 of 300 done, 3 running'));
    expect(going.filter((line) => line.includes('demo  '))).toHaveLength(1);
    expect(going.filter((line) => line.includes('held_'))).toHaveLength(3);
    expect(going.at(-1)).toBe('… and 95 succeeded, 200 pending');
    at.write('go', '');
    const last = await screen.until((text) => text.endsWith('$'));
    expect(last.at(-3)).toBe('… and 295 succeeded');
    expect(last.at(-2)).toMatch(/^✓ succeeded {2}\S+ {2}300 succeeded$/);
  });

  test('it follows the size of its terminal, down to one line', async ({ expect, onTestFinished }) => {
    const { at, screen } = await begin(MANY, 120, 30, onTestFinished);
    await screen.type('flow run demo.yaml');
    await screen.until((text) => text.includes('3 running'));
    const fitted = (columns: number, rows: number) => (text: string) => {
      const lines = text.split('\n');
      const top = lines.findLastIndex((line) => HEADING.test(line));
      const tree = lines.slice(top);
      return top >= 0 && tree.length < rows && tree.every((line) => line.length < columns);
    };
    for (const columns of [40, 150, 70]) {
      screen.resize(columns, 30);
      const now = await screen.until(fitted(columns, 30));
      expect(now.filter((line) => HEADING.test(line))).toHaveLength(1);
    }
    for (const [columns, rows] of [
      [60, 12],
      [25, 3],
      [10, 2],
      [80, 24],
    ] as const) {
      screen.resize(columns, rows);
      await screen.until(fitted(columns, rows));
    }
    await screen.until((text) => {
      const lines = text.split('\n');
      const tree = lines.slice(lines.findLastIndex((line) => HEADING.test(line)));
      return fitted(80, 24)(text) && tree.filter((line) => line.includes('held_')).length === 3;
    });
    at.write('go', '');
    await screen.until((text) => text.endsWith('$'));
  });

  test('Ctrl-C stops the run and leaves the screen clean', async ({ expect, onTestFinished }) => {
    const { screen } = await begin(
      `steps: [{id: held, run: 'echo held; ${wait('go')}'}]`,
      90,
      24,
      onTestFinished,
    );
    await screen.type('flow run demo.yaml');
    await screen.until((text) => text.includes('│ held'));
    screen.press('C-c');
    const last = await screen.until((text) => text.endsWith('$'));
    expect(steady(last)).toBe(
      [
        '$ flow run demo.yaml',
        '■ stopping: running steps are ended, then the handlers run; Ctrl-C again kills at once',
        '■ demo  <run-id>',
        '■ held  <t>  stopped with Ctrl-C  │ held',
        '■ aborted: stopped with Ctrl-C  <t>  1 aborted',
        '',
        'go on with  flow resume <run-id>',
        '$',
      ].join('\n'),
    );
    expect(screen.hasCursor()).toBe(true);
    await screen.type('echo code $?');
    await screen.until((text) => text.includes('code 130'));
  });

  test('what steps print goes to a file all the same', async ({ expect, onTestFinished }) => {
    const { at, screen } = await begin('steps: [{id: one, run: echo printed}]', 60, 10, onTestFinished);
    await screen.type('flow run demo.yaml > out.txt');
    const last = await screen.until((text) => text.endsWith('$'));
    expect(steady(last)).toContain('✓ one  <t>  │ printed');
    expect(at.read('out.txt')).toBe('one  │ printed\n');
  });

  test('a later run tells how long it usually takes', async ({ expect, onTestFinished }) => {
    const { at, screen } = await begin(
      `steps: [{id: one, run: 'echo x; ${wait('go')}'}]`,
      80,
      24,
      onTestFinished,
    );
    await screen.type('flow run demo.yaml');
    await screen.until((text) => /one +1s/.test(text));
    at.write('go', '');
    const before = await screen.until((text) => text.endsWith('$'));
    const took = /one +(\S+)/.exec(before.find((line) => line.startsWith('✓ one')) ?? '')?.[1] ?? '';
    await screen.type('rm go; clear; flow run demo.yaml');
    const again = await screen.until((text) => /usually.*│ x/.test(text));
    expect(again.at(-1)).toContain(`usually ${took}`);
    at.write('go', '');
    await screen.until((text) => text.endsWith('$'));
  });

  test.for(['TERM=dumb flow run demo.yaml', 'flow run demo.yaml -q', 'flow run demo.yaml --output plain'])(
    'nothing is drawn by %s',
    async (command, { expect, onTestFinished }) => {
      const { screen } = await begin('steps: [{id: one, run: echo printed}]', 60, 10, onTestFinished);
      await screen.type(command);
      const lines = await screen.until((text) => text.endsWith('$'));
      expect(lines).toContain('one  │ printed');
    },
  );
});

describe.skipIf(NO_TMUX !== null)('flow status --watch', () => {
  test('shows a run of another process in the same way, then its status', async ({
    expect,
    onTestFinished,
  }) => {
    const { at, screen } = await begin(PIPELINE, 60, 40, onTestFinished);
    const run = at.spawn(['run', 'demo.yaml', '--run-id', 'r-1']);
    await eventually(() => existsSync(join(at.dir, 'begun')));
    await screen.type('flow status --watch');
    const going = await screen.until((text) => text.includes('3 rows'));
    expect(steady(going)).toBe(
      [
        '$ flow status --watch',
        '⠿ demo  r-1  0 of 5 done, 1 running  <t>',
        '⠿ extract  <t>  │ 3 rows',
        '· flaky',
        '· each',
        '· load',
        '· report',
      ].join('\n'),
    );
    for (const file of ['extracted', 'pushed']) at.write(file, '');
    expect((await run).exitCode).toBe(1);
    const last = await screen.until((text) => text.endsWith('$'));
    expect(last[1]).toBe('demo  ✗ failed');
    expect(last.at(-2)).toBe('go on with  flow resume r-1');
    expect(screen.hasCursor()).toBe(true);
  });

  test('Ctrl-C ends the look, not the run', async ({ expect, onTestFinished }) => {
    const { at, screen } = await begin(PIPELINE, 60, 40, onTestFinished);
    const run = at.spawn(['run', 'demo.yaml', '--run-id', 'r-1']);
    await eventually(() => existsSync(join(at.dir, 'begun')));
    await screen.type('flow status r-1 --watch');
    await screen.until((text) => text.includes('3 rows'));
    screen.press('C-c');
    const last = await screen.until((text) => text.endsWith('$'));
    expect(last[1]).toBe('demo  ▸ running');
    for (const file of ['extracted', 'pushed']) at.write(file, '');
    expect((await run).exitCode).toBe(1);
  });
});
