import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { currentUmask } from '../../src/process/umask.ts';
import { consumer, WAITS, type Consumer } from '../support/consumer.ts';
import { eventually } from '../support/eventually.ts';
import { blocksOf, fileOf, pages } from '../support/markdown.ts';

const programs = pages().flatMap((page) =>
  blocksOf(readFileSync(page, 'utf8')).filter(({ info }) => info === 'js' || info === 'ts'),
);
const page = blocksOf(readFileSync('docs/library.md', 'utf8'));

let at: Consumer;
beforeAll(async () => void (at = await consumer()), 120_000);
afterAll(() => at.remove());
beforeEach(() => at.empty());

describe('the programs of the page', () => {
  /** The files of the page, each with what its block shows. */
  const files = new Map(page.map((block) => [fileOf(block), block.text] as const));

  test('the embedded example runs; started again it does nothing twice', async () => {
    at.write('nightly.yaml', files.get('nightly.yaml') ?? '');
    at.write('nightly.mjs', files.get('nightly.mjs') ?? '');
    const first = await at.node(['nightly.mjs', '2026-11-23']);
    const said = 'load: 3 rows of 2026-11-23 are loaded';
    expect(first).toMatchObject({
      stdout: `${said}\nextract succeeded\nload succeeded`,
      stderr: '',
      exitCode: 0,
    });
    const again = await at.node(['nightly.mjs', '2026-11-23']);
    expect(again).toMatchObject({ stdout: 'extract succeeded\nload succeeded', stderr: '', exitCode: 0 });
    const { stdout } = await at.flow(['history', '--json']);
    const { runs } = JSON.parse(stdout) as { runs: { id: string; state: string }[] };
    expect(runs).toMatchObject([{ id: 'nightly-2026-11-23', state: 'succeeded' }]);
  });

  test('killed in the middle of a step it goes on with it, and nothing is done twice', async () => {
    at.write(
      'nightly.yaml',
      `params: [{name: day}]\nsteps:\n  - {id: before, run: echo x >> before}\n  - {id: long, depends: before, run: '${WAITS}'}\n`,
    );
    at.write('nightly.mjs', files.get('nightly.mjs') ?? '');
    const killed = at.node(['nightly.mjs']);
    await eventually(() => at.lines('began') === 1);
    killed.kill('SIGKILL');
    await killed;
    const second = at.node(['nightly.mjs']);
    const events = async (): Promise<string> => (await at.flow(['events', '--json'])).stdout;
    await eventually(async () => (await events()).includes('"step.adopted"'));
    at.write('go', '');
    expect(await second).toMatchObject({ stdout: 'before succeeded\nlong succeeded', exitCode: 0 });
    expect([at.lines('before'), at.lines('began'), at.lines('ended')]).toEqual([1, 1, 1]);
  });

  test.for([
    ['node16', 'node16', ['node'], ['es2023']],
    ['esnext', 'bundler', ['node'], ['es2023']],
    ['nodenext', 'nodenext', [], ['es2023', 'dom']],
  ] as const)(
    'its TypeScript is compiled with module %s, resolution %s',
    async ([module, moduleResolution, types, lib]) => {
      const typed = programs.filter(({ info }) => info === 'ts').map(({ text }) => text);
      expect(typed.length).toBeGreaterThanOrEqual(3);
      const files = [...typed, MISUSES].map((text, i) => {
        const name = `page-${i}.mts`;
        at.write(name, text);
        return name;
      });
      const options = { module, moduleResolution, types, lib, target: 'es2023', strict: true, noEmit: true };
      const strict = {
        skipLibCheck: false,
        exactOptionalPropertyTypes: true,
        noPropertyAccessFromIndexSignature: true,
      };
      at.write('tsconfig.json', JSON.stringify({ compilerOptions: { ...options, ...strict }, files }));
      const tsc = resolve('node_modules/typescript/bin/tsc');
      expect((await execa(process.execPath, [tsc, '-p', at.dir], { reject: false })).stdout).toBe('');
    },
  );

  test('the types that are published are the public ones', () => {
    const dist = join(at.dir, 'node_modules', 'flow', 'dist');
    const files = readdirSync(dist, { recursive: true, encoding: 'utf8' });
    const found = files.filter((name) => name.endsWith('.d.ts')).sort();
    expect(found).toEqual(['index.d.ts', 'lib/error.d.ts', 'lib/types.d.ts']);
  });
});

/** What must not compile. */
const MISUSES = `
import { run, type Dag, type RunState } from 'flow';
declare const dag: Dag;
declare const console: { log(...words: unknown[]): void };
// @ts-expect-error a DAG is immutable
dag.name = 'another';
// @ts-expect-error no such option
void run(dag, { parameters: {} });
// @ts-expect-error a date is no JSON
void run(dag, { params: { day: new Date() } });
const { state } = await run(dag, { params: { deep: [{ a: 1 }] }, onEvent: ({ seq }) => console.log(seq.toFixed()) });
const known: RunState = state;
console.log(known);
`;

describe('loadDag', () => {
  test('describes a DAG; every problem of a bad file is a diagnostic with its place', async () => {
    at.write(
      'good.yaml',
      'labels: [nightly]\nsteps:\n  - id: a\n    run: echo\n  - {name: the second, run: echo, depends: a}\n',
    );
    at.write('bad.yaml', 'steps:\n  - {id: a, run: echo, depends: b}\n  - {id: a, ruin: echo}\n');
    const found = await at.program(`
      const dag = await flow.loadDag(new URL('good.yaml', import.meta.url));
      const error = await flow.loadDag('bad.yaml').catch((error) => error);
      const frozen = [dag, dag.steps, dag.steps[0].depends].every(Object.isFrozen);
      const { name, message, exitCode, diagnostics } = error;
      console.log(JSON.stringify({ dag, frozen, is: error instanceof flow.FlowError, name, exitCode, diagnostics }));
    `);
    const steps = [
      { id: 'a', name: 'a', description: null, depends: [] },
      { id: null, name: 'the second', description: null, depends: ['a'] },
    ];
    const described = {
      name: 'good',
      file: join(at.dir, 'good.yaml'),
      labels: { nightly: '' },
      steps,
      warnings: [],
    };
    expect(found).toMatchObject({ dag: described, frozen: true, is: true, name: 'FlowError', exitCode: 2 });
    expect(found).toMatchObject({
      diagnostics: expect.arrayContaining([
        expect.objectContaining({ severity: 'error', file: 'bad.yaml', line: 2 }),
        expect.objectContaining({
          code: 'E106',
          file: 'bad.yaml',
          line: 3,
          column: 13,
          hint: 'did you mean "run"?',
        }),
      ]) as unknown,
    });
  });
});

describe('run', () => {
  test('a failed run is a result; nothing is printed, and the process is left as it was', async () => {
    at.write(
      'fails.yaml',
      'params: [{name: n, type: integer}, {name: list}]\nsteps:\n  - {id: a, run: "echo $n $list; exit 3"}\n  - {id: b, depends: a, run: echo}\n',
    );
    const found = await at.program(`
      let printed = '';
      const seqs = [];
      const result = await flow.run('fails.yaml', {
        params: { n: 7, list: [1, 'two'] }, labels: { team: 'blue' }, runId: 'chosen',
        onEvent: ({ seq }) => seqs.push(seq), onOutput: ({ bytes }) => (printed += Buffer.from(bytes)),
      });
      const names = ['SIGINT', 'SIGTERM', 'SIGHUP', 'uncaughtException', 'unhandledRejection'];
      const listeners = names.reduce((sum, name) => sum + process.listenerCount(name), 0);
      const left = { umask: process.umask(), listeners, cwd: process.cwd() };
      const kept = process.getActiveResourcesInfo().filter((one) => !['TTYWrap', 'PipeWrap'].includes(one));
      console.log(JSON.stringify({ result, left, kept, printed, seqs }));
    `);
    expect(found).toMatchObject({
      result: {
        ...{ id: 'chosen', dag: 'fails', state: 'failed', exitCode: 1, attempt: 1, outputs: {}, notes: [] },
        steps: [
          { id: 'a', state: 'failed', exitCode: 3, tries: 1 },
          { id: 'b', state: 'aborted', reason: 'upstream_failed', exitCode: null, tries: 0 },
        ],
      },
      left: { umask: currentUmask(), listeners: 0, cwd: at.dir },
      kept: [],
      printed: '7 [1,"two"]\n',
      seqs: [...(found as { seqs: number[] }).seqs].sort((a, b) => a - b),
    });
    expect((found as { seqs: number[] }).seqs.length).toBeGreaterThanOrEqual(5);
    expect(readdirSync(join(at.home, 'work', '.locks'))).toEqual([]);
  });

  test.each(['000', '022', '077'])(
    'files of flow are private and steps get the umask %s of the program',
    async (umask) => {
      at.write(
        'files.yaml',
        'secrets: [{name: KEY, provider: env, key: KEY_SOURCE}]\nsteps: [{id: a, run: "umask; echo $KEY; : > mine", stdout: author/out.txt}]\n',
      );
      const found = await at.program(
        `process.umask(0o${umask});
       const { state } = await flow.run('files.yaml');
       console.log(JSON.stringify({ state, umask: process.umask() }));`,
        { KEY_SOURCE: 'sesame-open' },
      );
      expect(found).toEqual({ state: 'succeeded', umask: parseInt(umask, 8) });
      const mode = (path: string): number => statSync(path).mode & 0o777;
      expect(mode(join(at.dir, 'mine'))).toBe(0o666 & ~parseInt(umask, 8));
      expect(mode(join(at.dir, 'author', 'out.txt'))).toBe(0o666 & ~parseInt(umask, 8));
      expect(readFileSync(join(at.dir, 'author', 'out.txt'), 'utf8')).toContain('sesame-open');
      const made = readdirSync(at.home, { recursive: true, encoding: 'utf8' }).map((name) =>
        join(at.home, name),
      );
      const logs = made.filter((path) => /\.(out|err)$/.test(path));
      expect(logs.length).toBe(2);
      expect(readFileSync(logs.find((path) => path.endsWith('.out')) ?? '', 'utf8')).toContain('***');
      const open = [at.home, ...made].filter((path) => {
        const kind = statSync(path);
        return !kind.isFIFO() && mode(path) !== (kind.isDirectory() ? 0o700 : 0o600);
      });
      expect(open).toEqual([]);
    },
  );

  test('an aborted signal stops it with its handlers; aborted before, nothing is recorded', async () => {
    at.write(
      'long.yaml',
      'handler_on: {abort: {run: echo handled}}\nsteps: [{id: long, run: "echo begun; exec sleep 300"}]\n',
    );
    const found = await at.program(`
      const stop = new AbortController();
      let printed = '';
      const onOutput = ({ step, bytes }) => { stop.abort(); printed += step + ' ' + Buffer.from(bytes); };
      const { state, reason, exitCode } = await flow.run('long.yaml', { signal: stop.signal, onOutput });
      const signal = AbortSignal.abort('not now');
      const early = await flow.run('long.yaml', { signal, runId: 'never' }).catch((error) => error);
      const unknown = await flow.resume('never').catch((error) => error.exitCode);
      console.log(JSON.stringify({ state, reason, exitCode, printed, early, unknown }));
    `);
    const printed = 'long begun\nonAbort handled\n';
    expect(found).toEqual({
      ...{ state: 'aborted', reason: 'stopped', exitCode: 143, printed },
      ...{ early: 'not now', unknown: 2 },
    });
  });

  test('what a listener throws is uncaught in the program, and the run goes on', async () => {
    at.write('short.yaml', 'steps: [{id: a, run: echo}]\n');
    const found = await at.program(`
      const uncaught = [];
      process.on('uncaughtException', (error) => uncaught.push(error.message));
      const onEvent = ({ type }) => { if (type === 'step.started') throw new Error('mine'); };
      const { state } = await flow.run('short.yaml', { onEvent });
      console.log(JSON.stringify({ state, uncaught }));
    `);
    expect(found).toEqual({ state: 'succeeded', uncaught: ['mine'] });
  });

  test('misuse is a TypeError before anything happens, a taken id a FlowError', async () => {
    at.write('short.yaml', 'params: [{name: n, type: integer}]\nsteps: [{id: a, run: echo}]\n');
    const found = await at.program(`
      const said = (error) => [error.name, error.exitCode ?? null, error.diagnostics?.[0].code ?? error.message];
      const tries = [
        () => flow.run('short.yaml', { parms: {} }),
        () => flow.run('short.yaml', { jobs: -1 }),
        () => flow.run({ name: 'short' }),
        () => flow.run('short.yaml', { params: { n: new Date(0) } }),
        () => flow.run('short.yaml', { params: { n: 'x' } }),
        () => flow.run('short.yaml', { runId: 'a b' }),
        () => flow.run('short.yaml', { runId: 'one' }),
        () => flow.run('short.yaml', { runId: 'one' }),
      ];
      const all = [];
      for (const one of tries) all.push(await one().then(({ state }) => state, said));
      console.log(JSON.stringify(all));
    `);
    expect(found).toEqual([
      ['TypeError', null, expect.stringContaining('unknown option "parms"')],
      ['TypeError', null, 'jobs must be a whole number ≥ 0'],
      ['TypeError', null, 'the DAG must be a path, or what loadDag returned'],
      ['TypeError', null, 'the value of the param n must be a JSON value'],
      ['FlowError', 2, 'E431'],
      ['FlowError', 2, 'E004'],
      'succeeded',
      ['FlowError', 2, 'E005'],
    ]);
  });

  test('it runs what was loaded, whatever has become of the file', async () => {
    at.write('changes.yaml', 'steps: [{id: as_it_was, run: echo}]\n');
    const found = await at.program(`
      import { writeFileSync } from 'node:fs';
      const dag = await flow.loadDag('changes.yaml');
      writeFileSync('changes.yaml', 'steps: [{id: another, run: echo}]');
      const { steps } = await flow.run(dag);
      console.log(JSON.stringify(steps.map(({ id }) => id)));
    `);
    expect(found).toEqual(['as_it_was']);
  });
});

describe('subscribe', () => {
  test('gives the events of a run of another process, as `flow events --json`, to its end', async () => {
    at.write('long.yaml', `steps: [{id: long, run: '${WAITS}'}]\n`);
    const running = at.flow(['run', 'long.yaml', '--run-id', 'other']);
    await eventually(() => at.lines('began') === 1);
    const found = await at.program(`
      import { writeFileSync } from 'node:fs';
      const all = [];
      for await (const event of flow.subscribe({ run: 'other' })) {
        all.push(event);
        if (event.type === 'step.started') writeFileSync('go', '');
      }
      const rest = [];
      for await (const { seq } of flow.subscribe({ run: 'other', after: all[2].seq })) rest.push(seq);
      console.log(JSON.stringify({ all, rest }));
    `);
    await running;
    const { all, rest } = found as { all: { seq: number }[]; rest: number[] };
    const { stdout } = await at.flow(['events', 'other', '--json']);
    expect(all).toEqual(stdout.split('\n').map((line) => JSON.parse(line) as unknown));
    expect(rest).toEqual(all.slice(3).map(({ seq }) => seq));
  });

  test('without a run it waits for a home that is not there yet, and ends by its signal', async () => {
    at.write('short.yaml', 'steps: [{id: a, run: echo}]\n');
    const found = await at.program(`
      const stop = new AbortController();
      const seen = [];
      const follow = (async () => {
        for await (const { run, type } of flow.subscribe({ signal: stop.signal })) {
          seen.push([run, type]);
          if (run === 'b' && type === 'run.finished') stop.abort();
        }
      })();
      await flow.run('short.yaml', { runId: 'a' });
      await flow.run('short.yaml', { runId: 'b' });
      await follow;
      const unknown = await flow.subscribe({ run: 'c' }).next().catch((error) => error.exitCode);
      console.log(JSON.stringify({ runs: [...new Set(seen.map(([run]) => run))], last: seen.at(-1), unknown }));
    `);
    expect(found).toEqual({ runs: ['a', 'b'], last: ['b', 'run.finished'], unknown: 2 });
  });
});
