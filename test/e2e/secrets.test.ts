import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { place } from '../support/flow.ts';
import type { FlowProcess, Place } from '../support/flow.ts';
import { eventually } from '../support/eventually.ts';

const CANARY = 'canary-4711-hunter22';
const ENV = { CI_TOKEN: CANARY };

/** Every form of the canary that any file below FLOW_HOME holds (H8): hits as `path: form`. */
function hits(at: Place): string[] {
  const base64 = Buffer.from(CANARY).toString('base64').slice(0, -4);
  const forms = [CANARY, base64];
  const found: string[] = [];
  for (const name of readdirSync(at.home, { recursive: true, encoding: 'utf8' })) {
    const path = join(at.home, name);
    if (!lstatSync(path, { throwIfNoEntry: false })?.isFile()) continue;
    const bytes = readFileSync(path);
    for (const form of forms) if (bytes.includes(form)) found.push(`${name}: ${form}`);
  }
  return found;
}

const SECRETS = 'secrets: [{name: TOKEN, provider: env, key: CI_TOKEN}]\n';

/** A step that prints a secret, waits until it is let go, and prints it again, in two writes. */
const GATED = `${SECRETS}type: chain
steps:
  - id: gated
    run: |
      echo "first $TOKEN"
      echo begun > begun
      until test -e go || ! test -e dag.yaml; do sleep 0.02; done
      printf 'second canary-47'; sleep 0.1; printf '11-hunter22\\n'
      echo "err \${env.TOKEN}" >&2
      echo "token=$TOKEN" >> "$FLOW_OUTPUT_FILE"
    outputs: [{name: token}]
    output: {all: {from: stdout}, err: {from: stderr}}
  - {id: after, run: 'echo "after $TOKEN"'}
`;

/** In a box, because a process of execa is a promise and would be awaited on return. */
async function gatedRun(at: Place): Promise<{ child: FlowProcess }> {
  at.write('dag.yaml', GATED);
  const child = at.spawn(['run', 'dag.yaml', '--run-id', 'r-1'], { env: ENV });
  await eventually(() => existsSync(join(at.dir, 'begun')));
  return { child };
}

async function kill({ child }: { child: FlowProcess }): Promise<void> {
  child.kill('SIGKILL');
  await child;
}

const log = (at: Place, name: string): string => at.read(join('home', 'logs', 'r-1', name));

describe('secrets are stored nowhere (LANGUAGE.md §10, RELIABILITY.md H6–H10)', () => {
  test('H8: 0 hits in FLOW_HOME after success and after failure, and in what is shown', async () => {
    const at = place();
    at.write(
      'dag.yaml',
      `${SECRETS}steps:
  - {id: prints, run: 'echo "$TOKEN"; echo "$TOKEN" | base64; exit \${env.CODE}', output: PRINTED}
  - {id: text, run: 'echo \${env.TOKEN}; echo \${env.TOKEN} >&2', log_output: merged}
  - {id: script, run: "echo \${env.TOKEN}\\n"}
  - {id: list, run: ['echo \${env.TOKEN}', 'printf %s \${env.TOKEN}']}
  - {id: file, run: 'echo "v=$TOKEN" >> "$FLOW_OUTPUT_FILE"', outputs: [{name: v}]}
  - {id: wrong, run: 'echo "$TOKEN" >> "$FLOW_OUTPUT_FILE"', outputs: [{name: v}], continue_on: failed}
  - {id: literal, output: {v: "\${env.TOKEN}", w: [{"k": "x \${env.TOKEN}"}]}}
  - {id: url, action: http.request, with: {method: GET, url: "http://127.0.0.1:1/\${env.TOKEN}"}, continue_on: failed}
  - {id: dir, run: x, working_dir: "/no/\${env.TOKEN}", continue_on: failed}
  - {id: program, action: exec, with: {command: "no-\${env.TOKEN}"}, continue_on: failed}
`,
    );
    for (const [code, id] of [
      ['0', 'r-1'],
      ['3', 'r-2'],
    ] as const) {
      const env = { ...ENV, CODE: code };
      const run = await at.flow(['run', 'dag.yaml', '--run-id', id], { env });
      expect(run.code, run.stderr).toBe(code === '0' ? 0 : 1);
      let shown = run.stdout + run.stderr;
      for (const args of [
        ['status', id, '--json'],
        ['events', id, '--json'],
        ['logs', id],
        ['history', '--json'],
      ]) {
        const { stdout, stderr } = await at.flow(args);
        shown += stdout + stderr;
      }
      expect(shown).toContain('***');
      expect(shown).not.toContain(CANARY);
      expect(hits(at)).toEqual([]);
    }
  });

  test('kill -9 of flow while a step prints: the log goes on, complete and masked; resume takes it over', async () => {
    const at = place();
    await kill(await gatedRun(at));
    await eventually(() => log(at, '1.1.out') === 'first ***\n');
    // While the step runs its script is a private file.
    expect(hits(at).map((hit) => hit.split(':')[0])).toEqual([join('work', 'r-1', 'try', '1.1', 'script')]);
    at.write('go', '');
    await eventually(() => existsSync(join(at.home, 'work', 'r-1', 'try', '1.1', 'pipe', 'done')));
    expect(log(at, '1.1.out')).toBe('first ***\nsecond ***\n');
    // What the step itself wrote there; flow masks it when it reads it.
    expect(hits(at).map((hit) => hit.split(':')[0])).toEqual([join('work', 'r-1', 'try', '1.1', 'outputs')]);
    const resumed = await at.flow(['resume', 'r-1'], { env: ENV });
    expect(resumed).toMatchObject({ code: 0, stdout: expect.stringContaining('second ***') as string });
    expect(log(at, '1.1.err')).toBe('err ***\n');
    expect(log(at, '2.1.out')).toBe('after ***\n');
    const status = (await at.json(['status', 'r-1', '--json'])) as {
      steps: { outputs: object; tries: [] }[];
    };
    expect(status.steps[0]?.outputs).toEqual({ token: '***', all: 'first ***\nsecond ***', err: 'err ***' });
    expect(status.steps[0]?.tries.length).toBe(1);
    expect(hits(at)).toEqual([]);
  });

  test('kill -9, resume while the step still runs', async () => {
    const at = place();
    await kill(await gatedRun(at));
    const resumed = at.spawn(['resume', 'r-1'], { env: ENV });
    await eventually(async () => (await at.flow(['events', 'r-1'])).stdout.includes('step.adopted'));
    at.write('go', '');
    const { exitCode, stdout } = await resumed;
    expect(exitCode).toBe(0);
    expect(stdout).toContain('second ***');
    expect(hits(at)).toEqual([]);
  });

  test('H10: a secret that is missing at resume fails the run before any step, and can be put right', async () => {
    const at = place();
    at.write('dag.yaml', `${SECRETS}steps: [{id: a, run: 'echo x >> effects; test -e go'}]\n`);
    expect((await at.flow(['run', 'dag.yaml', '--run-id', 'r-1'], { env: ENV })).code).toBe(1);
    at.write('go', '');
    const resumed = await at.flow(['resume', 'r-1']);
    expect(resumed.code).toBe(1);
    expect(resumed.stderr).toContain(
      'error[R307] secret `TOKEN`, provider env: variable CI_TOKEN is not set',
    );
    expect(at.read('effects')).toBe('x\n');
    expect((await at.flow(['resume', 'r-1'], { env: ENV })).code).toBe(0);
    expect(at.read('effects')).toBe('x\nx\n');
  });

  test('H10: the same while a step of the dead flow still runs: its result is not lost', async () => {
    const at = place();
    await kill(await gatedRun(at));
    const without = await at.flow(['resume', 'r-1']);
    expect(without.code).toBe(1);
    expect(without.stderr).toContain('R307');
    at.write('go', '');
    const { code, stderr } = await at.flow(['resume', 'r-1'], { env: ENV });
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(hits(at)).toEqual([]);
  });

  test('H7: no argument of a process of the step shows a secret from a reference', async () => {
    const at = place();
    const look = `tr "\\0" " " < /proc/$$/cmdline; tr "\\0" " " < /proc/$PPID/cmdline`;
    at.write('dag.yaml', `${SECRETS}shell: sh\nsteps:\n  - id: a\n    run: ': \${env.TOKEN}; ${look}'\n`);
    const { stdout, code, stderr } = await at.flow(['run', 'dag.yaml', '--run-id', 'r-1'], { env: ENV });
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stdout).toContain('sh -e -c . "$0" ');
    expect(stdout).not.toContain('***');
  });
});
