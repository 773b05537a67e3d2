import { once } from 'node:events';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { consumer, WAITS, type Consumer } from '../support/consumer.ts';
import { eventually } from '../support/eventually.ts';
import { startServer } from '../support/http-server.ts';

let at: Consumer;
beforeAll(async () => void (at = await consumer()), 120_000);
afterAll(() => at.remove());
beforeEach(() => at.empty());

describe('resume of the library', () => {
  test('goes on with the newest run of a DAG that failed; one that succeeded stays as it is', async () => {
    at.write(
      'flaky.yaml',
      'steps:\n  - {id: first, run: echo x >> first}\n  - {id: second, depends: first, run: test -e fixed}\n',
    );
    const found = await at.program(`
      import { writeFileSync } from 'node:fs';
      const dag = await flow.loadDag('flaky.yaml');
      const none = await flow.resume(dag).catch(({ diagnostics }) => diagnostics[0].code);
      const { id, state } = await flow.run(dag);
      writeFileSync('fixed', '');
      const second = await flow.resume(dag);
      const third = await flow.resume(id);
      console.log(JSON.stringify([none, state, second.id === id, second.state, second.attempt, third.state, third.attempt]));
    `);
    expect(found).toEqual(['E008', 'failed', true, 'succeeded', 2, 'succeeded', 2]);
    expect(at.lines('first')).toBe(1);
  });

  test('a run that goes on is busy, for this program and for others', async () => {
    at.write('long.yaml', `steps: [{id: long, run: '${WAITS}'}]\n`);
    const found = await at.program(`
      import { spawnSync } from 'node:child_process';
      import { once, EventEmitter } from 'node:events';
      import { writeFileSync } from 'node:fs';
      const events = new EventEmitter();
      const onEvent = ({ type }) => events.emit(type);
      const running = flow.run('long.yaml', { runId: 'one', onEvent });
      await once(events, 'step.started');
      const here = await flow.resume('one').catch((error) => error.exitCode);
      const elsewhere = spawnSync(process.execPath, ['node_modules/flow/bin/flow.js', 'resume', 'one']).status;
      writeFileSync('go', '');
      console.log(JSON.stringify({ here, elsewhere, state: (await running).state }));
    `);
    expect(found).toEqual({ here: 5, elsewhere: 5, state: 'succeeded' });
  });

  test('after a fault the program lives on: nothing watches the run any more, and it takes the run up', async () => {
    const until = (name: string): string =>
      `{id: ${name}, run: 'while [ ! -e ${name} ]; do sleep 0.05; done'}`;
    at.write('three.yaml', `steps: [{id: long, run: '${WAITS}'}, ${until('first')}, ${until('second')}]\n`);
    const found = await at.program(`
      import { once, EventEmitter } from 'node:events';
      import { existsSync, renameSync, writeFileSync } from 'node:fs';
      const events = new EventEmitter();
      const options = { onEvent: ({ type, step }) => events.emit(type + ' ' + step), onOutput: () => undefined };
      const all = (type, ...steps) => Promise.all(steps.map((step) => once(events, type + ' ' + step)));
      const files = ['', '-wal', '-shm'].map((end) => process.env.FLOW_HOME + '/flow.db' + end);
      /** The database is away when the step that waits for the file ends. */
      const fault = async (file, running) => {
        for (const one of files) renameSync(one, one + '.away');
        writeFileSync(file, '');
        const { exitCode, diagnostics } = await running.catch((error) => error);
        const timers = process.getActiveResourcesInfo().filter((one) => one === 'Timeout').length;
        for (const one of files) if (existsSync(one + '.away')) renameSync(one + '.away', one);
        return [exitCode, diagnostics[0].code, timers];
      };
      const running = flow.run('three.yaml', { ...options, runId: 'one' });
      await all('step.started', 'long', 'first', 'second');
      const one = await fault('first', running);
      const again = flow.resume('one', options);
      await all('step.adopted', 'long', 'second');
      const two = await fault('second', again);
      const last = flow.resume('one', options);
      await all('step.adopted', 'long');
      writeFileSync('go', '');
      const { state, steps } = await last;
      console.log(JSON.stringify({ one, two, state, tries: steps.map((step) => step.tries) }));
    `);
    expect(found).toEqual({
      ...{ one: [70, 'S016', 0], two: [70, 'S016', 0] },
      ...{ state: 'succeeded', tries: [1, 1, 1] },
    });
    expect([at.lines('began'), at.lines('ended')]).toEqual([1, 1]);
  });

  test('after a fault a request in flight is given up, so that it does not go on beside its next try', async () => {
    let first: Promise<unknown> | null = null;
    const server = await startServer((_, response, socket) => {
      // The second is answered when the first is gone.
      if (first === null) first = once(socket, 'close');
      else void first.then(() => response.end());
    });
    onTestFinished(() => server.close());
    at.write(
      'http.yaml',
      `steps:
  - {id: ask, action: http.request, with: {method: GET, url: '${server.url}'}}
  - {id: first, run: 'while [ ! -e first ]; do sleep 0.05; done'}
`,
    );
    const running = at.program(`
      import { once, EventEmitter } from 'node:events';
      import { existsSync, renameSync, writeFileSync } from 'node:fs';
      const events = new EventEmitter();
      const onEvent = ({ type, step }) => events.emit(type + ' ' + step);
      const running = flow.run('http.yaml', { onEvent, runId: 'one' }).catch((error) => error);
      await once(events, 'step.started first');
      while (!existsSync('asked')) await new Promise((resolve) => setTimeout(resolve, 20));
      const files = ['', '-wal', '-shm'].map((end) => process.env.FLOW_HOME + '/flow.db' + end);
      for (const one of files) renameSync(one, one + '.away');
      writeFileSync('first', '');
      const { exitCode } = await running;
      for (const one of files) if (existsSync(one + '.away')) renameSync(one + '.away', one);
      const { state, steps } = await flow.resume('one');
      console.log(JSON.stringify({ exitCode, state, tries: steps.map((step) => step.tries) }));
    `);
    await eventually(() => server.requests.length === 1);
    at.write('asked', '');
    expect(await running).toEqual({ exitCode: 70, state: 'succeeded', tries: [2, 1] });
    expect(server.requests.length).toBe(2);
  });
});
