import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { place } from '../support/flow.ts';
import type { FlowProcess, Place } from '../support/flow.ts';

interface Status {
  readonly run: { readonly state: string; readonly reason: string | null; readonly due_at: string | null };
  readonly steps: readonly { readonly id: string; readonly state: string; readonly due_at: string | null }[];
}

const status = async (at: Place): Promise<Status> => at.json(['status', 'r-1', '--json']);
const events = async (at: Place): Promise<string> => (await at.flow(['events', 'r-1'])).stdout;

/** In a box, because a process of execa is a promise and would be awaited on return. */
async function begun(at: Place, dag: string, until: () => boolean | Promise<boolean>) {
  at.write('dag.yaml', dag);
  const child: FlowProcess = at.spawn(['run', 'dag.yaml', '--run-id', 'r-1']);
  await eventually(until);
  return { child };
}

async function end({ child }: { child: FlowProcess }, signal: NodeJS.Signals): Promise<number | undefined> {
  child.kill(signal);
  return (await child).exitCode;
}

const LOOP = (interval: string): string => `steps:
  - id: loop
    run: echo x >> effects; grep -c x effects
    output: N
    repeat_policy: {condition: "\${steps.loop.outputs.N}", expected: "9", interval_sec: ${interval}, limit: 3}
`;

describe('kill -9 and resume (LANGUAGE.md §22.2)', () => {
  test('between two repetitions: the step is running with due_at, and resume goes on with the count', async () => {
    const at = place();
    const repeating = async () => (await events(at)).includes('step.repeating');
    const running = await begun(at, LOOP('1.5'), repeating);
    const [loop] = (await status(at)).steps;
    expect(loop).toMatchObject({ state: 'running', due_at: expect.any(String) as string });
    await end(running, 'SIGKILL');
    const plan = await at.flow(['resume', 'r-1', '--dry-run']);
    expect(plan.stdout).toMatch(/wait +loop +was between two repetitions, 1 done/);
    const { code, stderr } = await at.flow(['resume', 'r-1']);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(at.read('effects')).toBe('x\nx\nx\n');
  });

  test('within a repetition: its result is taken, those before it count', async () => {
    const at = place();
    const dag = LOOP('0').replace('run: ', 'run: test -e effects && until test -e go; do sleep 0.02; done; ');
    const second = async () => ((await events(at)).match(/step\.started/g)?.length ?? 0) === 2;
    await end(await begun(at, dag, second), 'SIGKILL');
    at.write('go', '');
    expect((await at.flow(['resume', 'r-1'])).code).toBe(0);
    expect(at.read('effects')).toBe('x\nx\nx\n');
  });

  test('during a precondition (§12.3): it is judged again, and the step runs once', async () => {
    const at = place();
    const dag = `steps:
  - id: gated
    run: echo ran >> effects
    preconditions: echo judged >> judged; test -e go || sleep 60
`;
    const running = await begun(at, dag, () => existsSync(join(at.dir, 'judged')));
    expect((await status(at)).steps[0]?.state).toBe('pending');
    await end(running, 'SIGKILL');
    at.write('go', '');
    expect((await at.flow(['resume', 'r-1'])).code).toBe(0);
    expect(at.read('judged')).toBe('judged\njudged\n');
    expect(at.read('effects')).toBe('ran\n');
  });

  test('root preconditions once met (§12.2) and params once evaluated are kept', async () => {
    const at = place();
    const dag = `params: [{name: p, eval: '$(echo e >> evaluated; echo v)'}]
preconditions: echo j >> judged
steps:
  - id: gated
    run: echo "$p" >> effects; until test -e go; do sleep 0.02; done
`;
    const running = await begun(at, dag, () => existsSync(join(at.dir, 'effects')));
    await end(running, 'SIGKILL');
    at.write('go', '');
    expect((await at.flow(['resume', 'r-1'])).code).toBe(0);
    expect([at.read('judged'), at.read('evaluated'), at.read('effects')]).toEqual(['j\n', 'e\n', 'v\n']);
  });

  test('in the wait of a root retry (§13.4): resume begins the next attempt at once, init included', async () => {
    const at = place();
    const dag = `retry_policy: {limit: 1, interval_sec: 600}
handler_on: {init: {run: echo init >> effects}}
steps: [{id: flaky, run: 'test "$FLOW_ATTEMPT" = 2'}]
`;
    const waiting = async () => (await events(at)).includes('another attempt follows');
    const running = await begun(at, dag, waiting);
    expect((await status(at)).run).toMatchObject({ state: 'running', due_at: expect.any(String) as string });
    await end(running, 'SIGKILL');
    expect((await status(at)).run.state).toBe('interrupted');
    expect((await at.flow(['resume', 'r-1'])).code).toBe(0);
    expect(at.read('effects')).toBe('init\ninit\n');
  });
});

describe('a stop ends every wait at once (LANGUAGE.md §13.7)', () => {
  const HANDLERS = 'handler_on: {abort: {run: echo abort >> effects}, exit: {run: echo exit >> effects}}\n';
  const happened = (at: Place, word: string) => async () => (await events(at)).includes(word);

  test('the delay of a run, which resume does not repeat', async () => {
    const at = place();
    const dag = `delay_sec: 600\n${HANDLERS}steps: [{id: a, run: echo ran >> effects}]\n`;
    const running = await begun(at, dag, happened(at, 'run.started'));
    expect(await end(running, 'SIGTERM')).toBe(143);
    expect(await status(at)).toMatchObject({ run: { state: 'aborted', reason: 'sigterm' } });
    expect((await at.flow(['resume', 'r-1'])).code).toBe(0);
    expect(at.read('effects')).toBe('abort\nexit\nran\nexit\n');
  });

  test('the wait of a root retry: the abort and exit handlers run', async () => {
    const at = place();
    const dag = `retry_policy: {limit: 1, interval_sec: 600}\n${HANDLERS}steps: [{id: a, run: exit 3}]\n`;
    const running = await begun(at, dag, happened(at, 'another attempt follows'));
    expect(await end(running, 'SIGINT')).toBe(130);
    expect(await status(at)).toMatchObject({
      run: { state: 'aborted' },
      steps: [{ state: 'failed' }, {}, {}],
    });
    expect(at.read('effects')).toBe('exit\nabort\nexit\n');
  });

  test('the wait between two repetitions, and the judging of one', async () => {
    for (const dag of [
      LOOP('600'),
      `steps: [{id: loop, run: echo x >> effects, repeat_policy: {repeat: while, condition: touch judging; sleep 600}}]\n`,
    ]) {
      const at = place();
      const waits = async () =>
        existsSync(join(at.dir, 'judging')) || (await events(at)).includes('step.repeating');
      const running = await begun(at, dag, waits);
      expect(await end(running, 'SIGINT')).toBe(130);
      expect((await status(at)).steps[0]).toMatchObject({ state: 'aborted' });
    }
  });

  test('preconditions of the run and of a step: their commands are killed', async () => {
    for (const [dag, state] of [
      [`preconditions: touch judging; sleep 600\n${HANDLERS}steps: [{id: a, run: x}]\n`, 'aborted'],
      [`${HANDLERS}steps: [{id: a, run: x, preconditions: touch judging; sleep 600}]\n`, 'aborted'],
    ] as const) {
      const at = place();
      const running = await begun(at, dag, () => existsSync(join(at.dir, 'judging')));
      expect(await end(running, 'SIGINT')).toBe(130);
      expect((await status(at)).steps[0]?.state).toBe(state);
      expect(at.read('effects')).toBe('abort\nexit\n');
    }
  });

  test('a step whose preconditions are judged takes a place; others go on', async () => {
    const at = place();
    const dag = `steps:
  - {id: slow, run: echo slow >> effects, preconditions: until test -e go; do sleep 0.02; done}
  - {id: quick, run: echo quick >> effects; touch go}
`;
    at.write('dag.yaml', dag);
    expect((await at.flow(['run', 'dag.yaml', '-j', '2'])).code).toBe(0);
    expect(at.read('effects')).toBe('quick\nslow\n');
  });
});
