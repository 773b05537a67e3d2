import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { place } from '../support/flow.ts';
import type { FlowProcess, Place } from '../support/flow.ts';
import { eventually } from '../support/eventually.ts';
import { startServer } from '../support/http-server.ts';

/** A step that says when it has begun and waits until it is let go: the test decides what happens when. */
const GATED = `type: chain
steps:
  - {id: before, run: echo before >> effects}
  - id: gated
    run: |
      echo begun >> effects
      until test -e go; do sleep 0.02; done
      echo "let go"
      echo done >> effects
      exit "$(cat go)"
  - {id: after, run: echo after >> effects}
`;

/** In a box, because a process of execa is a promise and would be awaited on return. */
async function gatedRun(at: Place): Promise<{ child: FlowProcess }> {
  at.write('dag.yaml', GATED);
  const child = at.spawn(['run', 'dag.yaml', '--run-id', 'r-1']);
  await eventually(() => existsSync(join(at.dir, 'effects')) && at.read('effects').includes('begun'));
  return { child };
}

async function kill({ child }: { child: FlowProcess }): Promise<void> {
  child.kill('SIGKILL');
  await child;
}

/** The leader of the process group of a try of run r-1. */
function wrapperPid(at: Place, name: string): number {
  const claim = readFileSync(join(at.home, 'work', 'r-1', 'try', name, 'claim'), 'utf8');
  return Number(/pid (\d+)/.exec(claim)?.[1]);
}

describe('a run whose flow was killed (LANGUAGE.md §15.4, §22, RELIABILITY.md A3–A5)', () => {
  test('is shown as interrupted at once by every command that meets it, with how to go on', async () => {
    const at = place();
    const running = await gatedRun(at);
    expect(((await at.json(['status', 'r-1', '--json'])) as { run: { state: string } }).run.state).toBe(
      'running',
    );
    await kill(running);
    for (const args of [['status', 'r-1'], ['history']]) {
      const { stdout, stderr } = await at.flow(args);
      expect(stdout + stderr, args.join(' ')).toContain('interrupted');
      expect(stdout + stderr, args.join(' ')).toContain('flow resume');
    }
    expect(((await at.json(['status', 'r-1', '--json'])) as { run: { state: string } }).run.state).toBe(
      'interrupted',
    );
    at.write('go', '0');
    expect((await at.flow(['resume'])).code).toBe(0);
  });

  test('A4: resume waits for the process that still lives, streams what it prints and takes its exit status', async () => {
    const at = place();
    await kill(await gatedRun(at));
    const resumed = at.spawn(['resume', 'r-1']);
    await eventually(async () => (await at.flow(['events', 'r-1'])).stdout.includes('step.adopted'));
    at.write('go', '0');
    const { exitCode, stdout } = await resumed;
    expect(exitCode).toBe(0);
    expect(stdout).toContain('let go');
    expect(at.read('effects')).toBe('before\nbegun\ndone\nafter\n');
  });

  test('A5: a step that ended while flow was away is not run again', async () => {
    const at = place();
    await kill(await gatedRun(at));
    at.write('go', '0');
    await eventually(() => /^\d/.test(at.read('home/work/r-1/try/2.1/exit')));
    const { code, stderr } = await at.flow(['resume', 'r-1']);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(at.read('effects')).toBe('before\nbegun\ndone\nafter\n');
  });

  test('its failure while flow was away is a failure', async () => {
    const at = place();
    await kill(await gatedRun(at));
    at.write('go', '7');
    await eventually(() => /^\d/.test(at.read('home/work/r-1/try/2.1/exit')));
    const { code, stderr } = await at.flow(['resume', 'r-1']);
    expect(code).toBe(1);
    expect(stderr).toContain('exit code 7');
    expect(at.read('effects')).toBe('before\nbegun\ndone\n');
  });

  test('R5: killed together with its step, the result is unknown: the step runs again and flow says so', async () => {
    const at = place();
    await kill(await gatedRun(at));
    process.kill(-wrapperPid(at, '2.1'), 'SIGKILL');
    at.write('go', '0');
    const { code, stderr } = await at.flow(['resume', 'r-1']);
    expect(code).toBe(0);
    expect(stderr).toContain('its result is unknown');
    expect(at.read('effects')).toBe('before\nbegun\nbegun\ndone\nafter\n');
  });

  test('C3, C4: of several resumes at once one owns the run, the others exit 5; a living owner is never robbed', async () => {
    const at = place();
    await kill(await gatedRun(at));
    const resumes = Array.from({ length: 6 }, () => at.spawn(['resume', 'r-1']));
    const codes: (number | undefined)[] = [];
    for (const each of resumes) void each.then(({ exitCode }) => codes.push(exitCode));
    await eventually(() => codes.length === 5);
    expect(codes).toEqual([5, 5, 5, 5, 5]);
    const late = await at.flow(['resume', 'r-1']);
    expect([late.code, late.stderr]).toEqual([5, expect.stringContaining('E006')]);
    at.write('go', '0');
    await Promise.all(resumes);
    expect(codes.filter((code) => code === 0)).toHaveLength(1);
    expect(at.read('effects')).toBe('before\nbegun\ndone\nafter\n');
  });

  test('§22.2: entries of a `run` list that are done are not run again, the current one is', async () => {
    const at = place();
    at.write(
      'dag.yaml',
      `steps:
  - id: list
    run:
      - echo one >> effects
      - echo two >> effects; until test -e go; do sleep 0.02; done
      - echo three >> effects
`,
    );
    const running = { child: at.spawn(['run', 'dag.yaml', '--run-id', 'r-1']) };
    await eventually(() => existsSync(join(at.dir, 'effects')) && at.read('effects').includes('two'));
    await kill(running);
    process.kill(-wrapperPid(at, '1.1'), 'SIGKILL');
    at.write('go', '');
    expect((await at.flow(['resume', 'r-1'])).code).toBe(0);
    expect(at.read('effects')).toBe('one\ntwo\ntwo\nthree\n');
  });

  test('R801: on_interrupt: fail forbids another try when the result is unknown', async () => {
    const at = place();
    at.write('dag.yaml', GATED.replace('id: gated', 'id: gated\n    on_interrupt: fail'));
    const child = at.spawn(['run', 'dag.yaml', '--run-id', 'r-1']);
    await eventually(() => existsSync(join(at.dir, 'effects')) && at.read('effects').includes('begun'));
    await kill({ child });
    process.kill(-wrapperPid(at, '2.1'), 'SIGKILL');
    const { code, stderr } = await at.flow(['resume', 'r-1']);
    expect(code).toBe(1);
    expect(stderr).toContain('result is unknown');
    expect(at.read('effects')).toBe('before\nbegun\n');
  });

  test('I15: killed while a request was under way: it is sent again with the same Idempotency-Key', async () => {
    const at = place();
    const keys: (string | undefined)[] = [];
    const server = await startServer((request, response) => {
      keys.push(request.headers['idempotency-key'] as string | undefined);
      // The first request is never answered.
      if (keys.length > 1) response.end('{"id": 7}');
    });
    onTestFinished(() => server.close());
    at.write(
      'dag.yaml',
      `steps: [{id: pay, action: http.request, with: {method: POST, url: "${server.url}/pay", body: {amount: 2}}}]\n`,
    );
    const child = at.spawn(['run', 'dag.yaml', '--run-id', 'r-1']);
    await eventually(() => keys.length === 1);
    await kill({ child });
    const { code, stderr } = await at.flow(['resume', 'r-1']);
    expect(code).toBe(0);
    expect(stderr).toContain('its result is unknown');
    expect(keys).toHaveLength(2);
    expect(keys[0]).toMatch(/^[\w-]{20,64}$/);
    expect(keys[1]).toBe(keys[0]);
  });

  test('the next run of the same DAG mentions it', async () => {
    const at = place();
    await kill(await gatedRun(at));
    at.write('go', '0');
    const { code, stderr } = await at.flow(['run', 'dag.yaml', '--run-id', 'r-2']);
    expect(code).toBe(0);
    expect(stderr).toContain('flow resume r-1');
  });
});

describe('signals (CLI.md §6)', () => {
  test.each([
    ['SIGINT', 130, 'sigint'],
    ['SIGTERM', 143, 'sigterm'],
    ['SIGHUP', 143, 'sighup'],
  ] as const)(
    '%s: stops the steps, runs the handlers, exits %i; resume goes on',
    async (signal, code, reason) => {
      const at = place();
      at.write(
        'dag.yaml',
        `handler_on: {abort: {run: echo abort >> effects}, exit: {run: echo exit >> effects}}\n${GATED}`,
      );
      const child = at.spawn(['run', 'dag.yaml', '--run-id', 'r-1']);
      await eventually(() => existsSync(join(at.dir, 'effects')) && at.read('effects').includes('begun'));
      child.kill(signal);
      expect((await child).exitCode).toBe(code);
      expect(at.read('effects')).toBe('before\nbegun\nabort\nexit\n');
      const status = (await at.json(['status', 'r-1', '--json'])) as {
        run: object;
        steps: { id: string; state: string }[];
      };
      expect(status.run).toMatchObject({ state: 'aborted', reason });
      expect(status.steps.slice(0, 3).map((s) => s.state)).toEqual(['succeeded', 'aborted', 'aborted']);
      at.write('go', '0');
      expect((await at.flow(['resume', 'r-1'])).code).toBe(0);
      expect(at.read('effects')).toBe('before\nbegun\nabort\nexit\nbegun\ndone\nafter\nexit\n');
    },
  );

  test('B2: a step that ignores SIGTERM is killed after max_clean_up_time_sec; a second signal kills at once', async () => {
    for (const second of [false, true]) {
      const at = place();
      at.write(
        'dag.yaml',
        `max_clean_up_time_sec: ${second ? 600 : 0.3}\nsteps:\n  - id: stubborn\n    run: |\n      trap "" TERM\n      echo begun >> effects\n      while true; do sleep 0.05; done\n`,
      );
      const child = at.spawn(['run', 'dag.yaml', '--run-id', 'r-1']);
      await eventually(() => existsSync(join(at.dir, 'effects')));
      child.kill('SIGINT');
      if (second) {
        await eventually(async () => (await at.flow(['events', 'r-1'])).stdout.includes('run.aborting'));
        child.kill('SIGINT');
      }
      expect((await child).exitCode).toBe(130);
    }
  });

  test('killed in the middle of a stop: the run is interrupted, and resume finishes the stop before it goes on', async () => {
    const at = place();
    at.write(
      'dag.yaml',
      `max_clean_up_time_sec: 1\nhandler_on: {abort: {run: echo abort >> effects}}\nsteps:\n  - id: stubborn\n    run: |\n      echo begun >> effects\n      test "$FLOW_ATTEMPT" -gt 1 && exit 0\n      trap "" TERM INT\n      while true; do sleep 0.05; done\n`,
    );
    const child = at.spawn(['run', 'dag.yaml', '--run-id', 'r-1']);
    await eventually(() => existsSync(join(at.dir, 'effects')));
    child.kill('SIGINT');
    await eventually(async () => (await at.flow(['events', 'r-1'])).stdout.includes('run.aborting'));
    child.kill('SIGKILL');
    await child;
    expect(((await at.json(['status', 'r-1', '--json'])) as { run: { state: string } }).run.state).toBe(
      'interrupted',
    );
    at.write('dag.yaml', '');
    const { code } = await at.flow(['resume', 'r-1']);
    expect(code).toBe(0);
    expect(at.read('effects')).toBe('begun\nabort\nbegun\n');
  });

  test('A11: a closed pipe on standard output does not change the result', async () => {
    const at = place();
    at.write(
      'dag.yaml',
      'steps: [{id: noisy, run: "i=0; while test $i -lt 3000; do echo line $i; i=$((i+1)); done"}, {id: after, depends: noisy, run: echo done > effects}]\n',
    );
    const child = at.spawn(['run', 'dag.yaml']);
    child.stdout.once('data', () => child.stdout.destroy());
    expect((await child).exitCode).toBe(0);
    expect(at.read('effects')).toBe('done\n');
  });
});
