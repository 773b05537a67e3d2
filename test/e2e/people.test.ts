import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { BIN, place } from '../support/flow.ts';
import type { Outcome, Place } from '../support/flow.ts';
import { eventually } from '../support/eventually.ts';

interface Status {
  readonly run: { state: string; attempts: { state: string }[]; outputs: object };
  readonly steps: {
    id: string | null;
    name: string;
    state: string;
    reason: string | null;
    outputs: object;
  }[];
  readonly tasks: { step: string; kind: string; prompt: string; answer: string | null; inputs: object }[];
}

const status = (at: Place, run = 'r-1'): Promise<Status> => at.json(['status', run, '--json']);
const stateOf = async (at: Place, id: string): Promise<string | undefined> =>
  (await status(at)).steps.find((step) => step.id === id)?.state;

async function events(at: Place, run = 'r-1'): Promise<{ type: string; step?: string }[]> {
  const { stdout } = await at.flow(['events', run, '--json']);
  const lines = stdout.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as { type: string; step?: string });
}

const types = async (at: Place): Promise<string[]> => (await events(at)).map(({ type }) => type);

/** Starts run r-1 of a file and expects that it waits. */
async function waits(at: Place, dag: string): Promise<Outcome> {
  at.write('dag.yaml', dag);
  const outcome = await at.flow(['run', 'dag.yaml', '--run-id', 'r-1']);
  expect(outcome.code, outcome.stderr).toBe(3);
  return outcome;
}

const SIGNOFF = `handler_on:
  wait: {run: 'echo "wait $FLOW_WAITING_STEPS $DAG_WAITING_STEPS $FLOW_RUN_STATUS" >> effects'}
  exit: {run: echo exit >> effects}
steps:
  - {id: build, run: 'echo version=1.2 >> "$FLOW_OUTPUT_FILE"', outputs: [{name: version}]}
  - id: signoff
    depends: build
    action: human.task
    with:
      prompt: "Release \${steps.build.outputs.version}?"
      form:
        properties:
          ticket: {type: string, pattern: '^OPS-[0-9]+$'}
          count: {type: integer, minimum: 1}
          canary: {type: boolean, default: true}
          note: {type: string}
        required: [ticket]
  - id: after
    depends: signoff
    env: [{T: "\${steps.signoff.outputs.ticket}"}, {N: "\${steps.signoff.outputs.note}"}, {C: "\${steps.signoff.outputs.canary}"}]
    run: 'echo "after $T [$N] $C" >> effects'
`;

const APPROVAL = `handler_on: {failure: {run: echo failure >> effects}, exit: {run: echo exit >> effects}}
steps:
  - id: deploy
    run: 'echo deploy >> effects; echo plan=p1 >> "$FLOW_OUTPUT_FILE"'
    outputs: [{name: plan}]
    approval: {prompt: "Go on with it?", input: [BY, WHY], required: [BY]}
  - id: after
    depends: deploy
    env: [{P: "\${steps.deploy.outputs.plan}"}, {B: "\${steps.deploy.outputs.BY}"}]
    run: 'echo "after $P $BY $B [$WHY]" >> effects'
`;

/** Another branch runs until the file \`go\` is there. */
const GATE = `  - {id: gate, run: 'touch begun; until test -e go; do sleep 0.02; done; exit "$(cat go)"'}\n`;

describe('a human task (LANGUAGE.md §18.1)', () => {
  test('the run waits, exit 3: the wait handler ran, the exit handler did not, and the screen says how to answer', async () => {
    const at = place();
    const { stderr } = await waits(at, SIGNOFF);
    expect(at.read('effects')).toBe('wait signoff signoff waiting\n');
    expect(stderr).toContain('signoff waits: Release 1.2?');
    const command =
      'flow complete r-1 signoff --input ticket=… --input count=… --input canary=true --input note=…';
    expect(stderr).toContain(command);
    expect(stderr).toContain('flow resume r-1');
    expect((await at.flow(['status', 'r-1'])).stdout).toContain(command);
    const { run, steps, tasks } = await status(at);
    expect(run).toMatchObject({ state: 'waiting', attempts: [{ state: 'waiting' }] });
    expect(steps.map(({ state }) => state)).toEqual([
      'succeeded',
      'waiting',
      'pending',
      'succeeded',
      'pending',
    ]);
    expect(tasks).toMatchObject([{ step: 'signoff', kind: 'human', prompt: 'Release 1.2?', answer: null }]);
    expect((await at.flow(['history', '--status', 'waiting'])).stdout).toContain('r-1');
  });

  test('an answer is recorded, and the next resume takes it up: defaults are filled in, the rest is empty', async () => {
    const at = place();
    await waits(at, SIGNOFF);
    const answered = await at.flow([
      'complete',
      'r-1',
      'signoff',
      '--input',
      'ticket=OPS-7',
      '--input',
      'count=2',
    ]);
    expect(answered).toMatchObject({ code: 0, stdout: '' });
    expect(answered.stderr).toContain('go on with  flow resume r-1');
    expect((await status(at)).tasks[0]).toMatchObject({
      answer: 'completed',
      inputs: { ticket: 'OPS-7', count: '2', canary: 'true', note: '' },
    });
    expect(await stateOf(at, 'signoff')).toBe('waiting');
    expect((await at.flow(['resume', 'r-1', '--dry-run'])).stdout).toMatch(/keep +signoff +completed/);
    expect((await at.flow(['resume', 'r-1'])).code).toBe(0);
    expect(at.read('effects')).toBe('wait signoff signoff waiting\nafter OPS-7 [] true\nexit\n');
  });

  test('a resume without an answer waits again', async () => {
    const at = place();
    await waits(at, SIGNOFF);
    const { code, stderr } = await at.flow(['resume', 'r-1']);
    expect(code).toBe(3);
    expect(stderr).toMatch(/wait +signoff +waits for a person: Release 1.2\?/);
    expect((await status(at)).tasks).toHaveLength(1);
    expect(at.read('effects')).toBe('wait signoff signoff waiting\n'.repeat(2));
  });

  test('--resume: answer, claim and result are one commit, and the run goes on here', async () => {
    const at = place();
    await waits(at, SIGNOFF);
    const json = '{"ticket":"OPS-12345678901234567890","canary":false,"note":null}';
    const { code, stdout } = await at.flow([
      'complete',
      'r-1',
      'signoff',
      '--inputs-json',
      json,
      '--resume',
      '--json',
    ]);
    expect(code).toBe(0);
    const shown = stdout.split('\n').filter((line) => line !== '');
    expect(shown.slice(0, 3).map((line) => (JSON.parse(line) as { type: string }).type)).toEqual([
      ...['task.completed', 'run.resumed', 'step.finished'],
    ]);
    expect(at.read('effects')).toContain('after OPS-12345678901234567890 [] false\n');
  });

  test('E723: all problems of an answer are told together, and nothing is recorded', async () => {
    const at = place();
    await waits(at, SIGNOFF);
    const before = await types(at);
    const bad = [
      '--inputs-json',
      '{"note":["x"]}',
      '--input',
      'count=0',
      '--input',
      'canary=yes',
      '--input',
      'tiket=1',
    ];
    const { code, stderr } = await at.flow(['complete', 'r-1', 'signoff', ...bad, '--resume']);
    expect(code).toBe(2);
    expect(stderr.match(/E723\] .*/g)).toEqual([
      'E723] input `note` must be text, a number, true or false',
      'E723] input `ticket` is required',
      'E723] input `count` must be at least 1',
      'E723] input `canary` must be true or false',
      'E723] input `tiket` is unknown',
    ]);
    expect(stderr).toContain('did you mean "ticket"?');
    for (const [input, rule] of [
      ['ticket=x', 'must match ^OPS-[0-9]+$'],
      ['count=1.5', 'must be an integer'],
    ] as const) {
      const more = await at.flow(['complete', 'r-1', 'signoff', '--input', 'ticket=OPS-1', '--input', input]);
      expect([more.code, more.stderr]).toEqual([2, expect.stringContaining(`\` ${rule}`)]);
    }
    for (const args of [
      ['--input', 'ticket'],
      ['--inputs-json', '[1]'],
      ['--inputs-json', '{'],
    ]) {
      const usage = await at.flow(['complete', 'r-1', 'signoff', ...args]);
      expect([usage.code, usage.stderr]).toEqual([2, expect.stringContaining('E001')]);
    }
    expect(await types(at)).toEqual(before);
  });

  test('the same answer again succeeds and changes nothing; another one is R731, and what does not wait R730', async () => {
    const at = place();
    await waits(at, SIGNOFF);
    const complete = (...args: string[]): Promise<Outcome> =>
      at.flow(['complete', 'r-1', 'signoff', ...args]);
    expect((await complete('--input', 'ticket=OPS-7')).code).toBe(0);
    const before = await types(at);
    for (const again of [
      ['--input', 'ticket=OPS-7'],
      ['--inputs-json', '{"ticket":"OPS-7","canary":true}'],
    ]) {
      const { code, stderr } = await complete(...again);
      expect([code, stderr]).toEqual([0, expect.stringContaining('already: nothing has changed')]);
    }
    const other = await complete('--input', 'ticket=OPS-8');
    expect([other.code, other.stderr]).toEqual([
      1,
      expect.stringContaining('already completed with different input'),
    ]);
    const reject = await at.flow(['reject', 'r-1', 'signoff']);
    expect([reject.code, reject.stderr]).toEqual([1, expect.stringContaining('R731')]);
    const wrong = await at.flow(['complete', 'r-1', 'build']);
    expect([wrong.code, wrong.stderr]).toEqual([
      1,
      expect.stringContaining('step `build` is not waiting, its state is succeeded'),
    ]);
    const approve = await at.flow(['approve', 'r-1', 'signoff']);
    expect([approve.code, approve.stderr]).toEqual([2, expect.stringContaining('flow complete r-1 signoff')]);
    expect(await types(at)).toEqual(before);
    expect((await complete('--input', 'ticket=OPS-7', '--resume')).code).toBe(0);
    const done = await complete('--input', 'ticket=OPS-7', '--resume');
    expect([done.code, done.stderr]).toEqual([0, expect.stringContaining('nothing to resume')]);
  });

  test('of several answers at once one counts', async () => {
    const at = place();
    await waits(at, SIGNOFF);
    const tickets = ['OPS-1', 'OPS-2', 'OPS-3', 'OPS-4'];
    const outcomes = await Promise.all(
      tickets.map((ticket) => at.flow(['complete', 'r-1', 'signoff', '--input', `ticket=${ticket}`])),
    );
    expect(outcomes.map(({ code }) => code).sort()).toEqual([0, 1, 1, 1]);
    const won = tickets[outcomes.findIndex(({ code }) => code === 0)];
    expect((await status(at)).tasks).toMatchObject([{ inputs: { ticket: won } }]);
    expect((await types(at)).filter((type) => type === 'task.completed')).toHaveLength(1);
  });

  test('a question whose prompt has no value fails its step, R401', async () => {
    const at = place();
    at.write('dag.yaml', 'steps: [{id: ask, action: human.task, with: {prompt: "Hello ${env.NOBODY}?"}}]\n');
    const { code, stderr } = await at.flow(['run', 'dag.yaml']);
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining('cannot resolve `${env.NOBODY}` in `with.prompt`'),
    ]);
  });

  test('secrets in a prompt are masked', async () => {
    const at = place();
    const dag = `secrets: [{name: TOKEN, provider: env, key: MY_TOKEN}]\nsteps: [{id: ask, action: human.task, with: {prompt: "use $TOKEN?"}}]\n`;
    at.write('dag.yaml', dag);
    const { code, stderr } = await at.flow(['run', 'dag.yaml', '--run-id', 'r-1'], {
      env: { MY_TOKEN: 'hunter22' },
    });
    expect([code, stderr]).toEqual([3, expect.stringContaining('use ***?')]);
    expect((await status(at)).tasks).toMatchObject([{ prompt: 'use ***?' }]);
  });
});

describe('an approval (LANGUAGE.md §18.2)', () => {
  test('approved: the inputs become outputs of the step and variables of its dependents', async () => {
    const at = place();
    const { stderr } = await waits(at, APPROVAL);
    expect(stderr).toContain('flow approve r-1 deploy --input BY=… --input WHY=…');
    expect(stderr).toContain('flow reject r-1 deploy --reason …');
    expect((await at.flow(['approve', 'r-1', 'deploy'])).stderr).toContain('input `BY` is required');
    const { code } = await at.flow(['approve', 'r-1', 'deploy', '--input', 'BY=me', '--resume']);
    expect(code).toBe(0);
    expect(at.read('effects')).toBe('deploy\nafter p1 me me []\nexit\n');
    expect((await status(at)).steps[0]).toMatchObject({
      state: 'succeeded',
      outputs: { plan: 'p1', BY: 'me', WHY: '' },
    });
  });

  test('rejected: the step is aborted, the failure handler runs, exit 4; a resume asks again', async () => {
    const at = place();
    await waits(at, APPROVAL);
    const args = ['reject', 'r-1', 'deploy', '--reason', 'not on a Friday'];
    expect((await at.flow(args)).stderr).toContain('go on with  flow resume r-1');
    const { code, stderr } = await at.flow(['resume', 'r-1']);
    expect([code, stderr]).toEqual([4, expect.stringContaining('rejected: not on a Friday')]);
    expect(at.read('effects')).toBe('deploy\nfailure\nexit\n');
    const { run, steps } = await status(at);
    expect(run.state).toBe('rejected');
    expect(steps.slice(0, 2)).toMatchObject([
      { state: 'aborted', reason: 'rejected' },
      { state: 'aborted', reason: 'upstream_aborted' },
    ]);
    expect((await at.flow(args)).stderr).toContain('already: nothing has changed');
    expect((await at.flow(['resume', 'r-1'])).code).toBe(3);
    expect((await status(at)).tasks).toMatchObject([{ answer: 'rejected' }, { answer: null }]);
    expect((await at.flow(['approve', 'r-1', 'deploy', '--input', 'BY=me', '--resume'])).code).toBe(0);
    expect(at.read('effects')).toBe('deploy\nfailure\nexit\ndeploy\nafter p1 me me []\nexit\n');
  });

  test('reject --resume exits 4 at once; a human task can be rejected too', async () => {
    const at = place();
    await waits(at, SIGNOFF);
    const { code } = await at.flow(['reject', 'r-1', 'signoff', '--resume', '--reason', 'no']);
    expect(code).toBe(4);
    expect(await stateOf(at, 'after')).toBe('aborted');
  });

  test('a command that fails is not approved; one that repeats asks after its last repetition', async () => {
    const at = place();
    at.write('fails.yaml', 'steps: [{id: a, run: exit 3, approval: {prompt: ok?}}]\n');
    expect((await at.flow(['run', 'fails.yaml'])).code).toBe(1);
    const repeat = 'repeat_policy: {repeat: until, exit_code: [9], limit: 3, interval_sec: 0}';
    await waits(at, `steps: [{id: a, run: echo once >> effects, ${repeat}, approval: {prompt: ok?}}]\n`);
    expect(at.read('effects')).toBe('once\n'.repeat(3));
    expect((await at.flow(['approve', 'r-1', 'a', '--resume'])).code).toBe(0);
    expect(at.read('effects')).toBe('once\n'.repeat(3));
  });
});

describe('a living owner (RELIABILITY.md §3.2, §3.3)', () => {
  const ASKED = `steps:\n${GATE}  - {id: ask, action: human.task, with: {prompt: "well?"}}\n  - {id: then, depends: ask, run: touch then}\n`;

  test('other branches go on while it waits, and an answer is taken up at once', async () => {
    const at = place();
    at.write('dag.yaml', ASKED);
    const child = at.spawn(['run', 'dag.yaml', '--run-id', 'r-1', '-j', '1']);
    // The only place is taken by the gate: a question needs none.
    await eventually(
      async () => existsSync(join(at.dir, 'begun')) && (await stateOf(at, 'ask')) === 'waiting',
    );
    const { code, stderr } = await at.flow(['complete', 'r-1', 'ask', '--resume']);
    expect([code, stderr]).toEqual([5, expect.stringMatching(/goes on with it\n.*E006/s)]);
    await eventually(async () => (await stateOf(at, 'ask')) === 'succeeded');
    at.write('go', '0');
    expect((await child).exitCode).toBe(0);
    expect(existsSync(join(at.dir, 'then'))).toBe(true);
    expect((await status(at)).run.attempts).toHaveLength(1);
  });

  test('a rejection ends the branch at once, and the run when the others have ended', async () => {
    const at = place();
    at.write('dag.yaml', ASKED);
    const child = at.spawn(['run', 'dag.yaml', '--run-id', 'r-1']);
    await eventually(
      async () => existsSync(join(at.dir, 'begun')) && (await stateOf(at, 'ask')) === 'waiting',
    );
    expect((await at.flow(['reject', 'r-1', 'ask'])).code).toBe(0);
    await eventually(async () => (await stateOf(at, 'then')) === 'aborted');
    at.write('go', '0');
    expect((await child).exitCode).toBe(4);
  });

  test('killed while it waits: the answer is recorded for the next one', async () => {
    const at = place();
    at.write('dag.yaml', ASKED);
    const child = at.spawn(['run', 'dag.yaml', '--run-id', 'r-1']);
    await eventually(
      async () => existsSync(join(at.dir, 'begun')) && (await stateOf(at, 'ask')) === 'waiting',
    );
    child.kill('SIGKILL');
    await child;
    at.write('go', '0');
    const { code, stderr } = await at.flow(['complete', 'r-1', 'ask']);
    expect([code, stderr]).toEqual([0, expect.stringContaining('flow resume r-1')]);
    expect((await at.flow(['resume', 'r-1'])).code).toBe(0);
    expect(existsSync(join(at.dir, 'then'))).toBe(true);
  });

  test('killed while a command runs that is to be approved: who takes it over asks', async () => {
    const at = place();
    at.write('dag.yaml', `steps:\n${GATE.replace('}\n', ', approval: {prompt: "in $PWD?"}}\n')}`);
    const child = at.spawn(['run', 'dag.yaml', '--run-id', 'r-1']);
    await eventually(() => existsSync(join(at.dir, 'begun')));
    child.kill('SIGKILL');
    await child;
    at.write('go', '0');
    const { code, stderr } = await at.flow(['resume', 'r-1']);
    expect([code, stderr]).toEqual([3, expect.stringContaining(`gate waits: in ${at.dir}?`)]);
    expect((await at.flow(['approve', 'r-1', 'gate', '--resume'])).code).toBe(0);
  });

  test('an answer while the wait handler runs keeps the run from waiting, and the next question is told too', async () => {
    const at = place();
    at.write(
      'dag.yaml',
      `handler_on: {wait: {run: 'echo "$FLOW_WAITING_STEPS" >> effects; test "$FLOW_WAITING_STEPS" = last || "$NODE" "$BIN" complete "$FLOW_RUN_ID" "$FLOW_WAITING_STEPS"'}}
type: chain
steps:
  - {id: first, action: human.task, with: {prompt: one?}}
  - {id: second, action: human.task, with: {prompt: two?}}
  - {id: last, action: human.task, with: {prompt: three?}}
`,
    );
    const env = { NODE: process.execPath, BIN };
    const { code, stderr } = await at.flow(['run', 'dag.yaml', '--run-id', 'r-1'], { env });
    expect({ code, stderr }).toMatchObject({ code: 3 });
    expect(at.read('effects')).toBe('first\nsecond\nlast\n');
    const { run, steps } = await status(at);
    expect(run.attempts.map(({ state }) => state)).toEqual(['waiting', 'waiting', 'waiting']);
    expect(steps.map(({ state }) => state)).toEqual(['succeeded', 'succeeded', 'waiting', 'succeeded']);
  });

  test('a failing wait handler is only told of (§14)', async () => {
    const at = place();
    const { stderr } = await waits(
      at,
      'handler_on: {wait: {run: exit 1}}\nsteps: [{id: ask, action: human.task, with: {prompt: "well?"}}]\n',
    );
    expect(stderr).toContain('error[R605] handler `onWait` failed');
    expect((await at.flow(['complete', 'r-1', 'ask', '--resume'])).code).toBe(0);
  });

  test('a stop aborts what waits, and nobody can answer it any more', async () => {
    const at = place();
    at.write('dag.yaml', ASKED);
    const child = at.spawn(['run', 'dag.yaml', '--run-id', 'r-1']);
    await eventually(
      async () => existsSync(join(at.dir, 'begun')) && (await stateOf(at, 'ask')) === 'waiting',
    );
    child.kill('SIGTERM');
    expect((await child).exitCode).toBe(143);
    const { code, stderr } = await at.flow(['complete', 'r-1', 'ask']);
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining('step `ask` is not waiting, its state is aborted'),
    ]);
  });

  test('--on-failure drain: what waits, or would, is aborted and the run fails', async () => {
    const at = place();
    at.write(
      'dag.yaml',
      `${ASKED}  - {id: late, run: 'touch late; until test -e go2; do sleep 0.02; done', approval: {prompt: ok?}}\n`,
    );
    const child = at.spawn(['run', 'dag.yaml', '--run-id', 'r-1', '--on-failure', 'drain']);
    await eventually(
      async () => existsSync(join(at.dir, 'late')) && (await stateOf(at, 'ask')) === 'waiting',
    );
    at.write('go', '1');
    await eventually(async () => (await stateOf(at, 'ask')) === 'aborted');
    at.write('go2', '');
    expect((await child).exitCode).toBe(1);
    expect((await status(at)).steps.map(({ state }) => state)).toEqual([
      'failed',
      'aborted',
      'aborted',
      'aborted',
    ]);
  });
});

describe('a child run that asks (LANGUAGE.md §17, §18.2)', () => {
  test('is answered under its own run id; what goes on is the outermost run', async () => {
    const at = place();
    at.write('child.yaml', 'steps: [{id: deploy, run: echo deploy >> effects, approval: {prompt: ok?}}]\n');
    await waits(
      at,
      'steps: [{id: sub, action: dag.run, with: {dag: child}}, {id: then, depends: sub, run: echo then >> effects}]\n',
    );
    const [child = ''] = (
      (await at.json(['status', 'r-1', '--json'])) as { steps: { children: string[] }[] }
    ).steps.flatMap(({ children }) => children);
    const { code, stderr } = await at.flow(['approve', child, 'deploy', '--resume']);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(at.read('effects')).toBe('deploy\nthen\n');
    expect((await status(at, child)).run.state).toBe('succeeded');
  });
});
