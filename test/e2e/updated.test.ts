import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { place } from '../support/flow.ts';
import type { Place } from '../support/flow.ts';
import { eventually } from '../support/eventually.ts';

/** A step that goes on when its flow is killed, and says when it is stopped. */
const GATED = `type: chain
steps:
  - {id: before, run: echo before >> effects}
  - id: gated
    run: |
      trap 'echo stopped >> effects; exit 1' TERM
      echo begun >> effects
      until test -e go; do sleep 0.02; done
  - {id: after, run: echo after >> effects}
`;

/** Run r-1 of dag.yaml, whose flow was killed while `gated` runs. */
async function interrupted(at: Place): Promise<void> {
  at.write('dag.yaml', GATED);
  const child = at.spawn(['run', 'dag.yaml', '--run-id', 'r-1']);
  await eventually(() => existsSync(join(at.dir, 'effects')) && at.read('effects').includes('begun'));
  child.kill('SIGKILL');
  await child;
}

interface Told {
  readonly steps: readonly {
    readonly why: string;
    readonly sentence: string;
    readonly tries: readonly { readonly state: string; readonly cause: { readonly kind: string } }[];
  }[];
}

describe('flow resume --updated (§22.3)', () => {
  test('the living process of a changed step is stopped before the step runs again', async () => {
    const at = place();
    await interrupted(at);
    at.write('dag.yaml', GATED.replace(/ {4}run: \|[^]*done\n/, '    run: echo changed >> effects\n'));
    const { code, stderr } = await at.flow(['resume', 'r-1', '--updated']);
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('changed: run');
    expect(at.read('effects')).toBe('before\nbegun\nstopped\nchanged\nafter\n');
    const { steps } = (await at.json(['why', 'r-1', 'gated', '--json'])) as Told;
    expect(steps[0]?.tries.map(({ state, cause }) => [state, cause.kind])).toEqual([
      ['aborted', 'first'],
      ['succeeded', 'changed'],
    ]);
  });

  test('that of a step that is no longer in the file is stopped too, and its history stays', async () => {
    const at = place();
    await interrupted(at);
    at.write('dag.yaml', GATED.replace(/ {2}- id: gated[^]*done\n/, ''));
    const { code, stderr } = await at.flow(['resume', 'r-1', '--updated']);
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/drop +gated +no longer in the file/);
    expect(at.read('effects')).toBe('before\nbegun\nstopped\nafter\n');
    const { steps } = (await at.json(['why', 'r-1', 'gated', '--json'])) as Told;
    expect(steps).toMatchObject([{ why: 'dropped', tries: [{ state: 'aborted' }] }]);
    const status = (await at.json(['status', 'r-1', '--json'])) as {
      run: { state: string };
      steps: { id: string }[];
    };
    expect(status.run.state).toBe('succeeded');
    expect(status.steps.map(({ id }) => id)).toEqual(['before', 'after']);
  });

  test('an unchanged step that still runs is waited for, whatever else changed', async () => {
    const at = place();
    await interrupted(at);
    at.write(
      'dag.yaml',
      GATED.replace('echo after', 'echo later')
        .replace('- {id: before', '- {id: new, run: echo new >> effects}\n  - {id: before')
        .replace('type: chain\n', '')
        .replace('- id: gated', '- id: gated\n    timeout_sec: 600')
        .replace('{id: after', '{id: after, depends: gated'),
    );
    at.write('go', '');
    const { code, stderr } = await at.flow(['resume', 'r-1', '--updated']);
    expect(code, stderr).toBe(0);
    expect(at.read('effects').split('\n').sort()).toEqual(['', 'before', 'begun', 'later', 'new']);
    expect(at.read('effects')).not.toContain('stopped');
  });

  test('the edited file is stored with the run: later resumes go on with it', async () => {
    const at = place();
    at.write('dag.yaml', 'type: chain\nsteps: [{id: a, run: echo a >> effects}, {id: b, run: "false"}]\n');
    expect((await at.flow(['run', 'dag.yaml', '--run-id', 'r-1'])).code).toBe(1);
    at.write(
      'dag.yaml',
      `type: chain
params: [{name: WHO, eval: "$(echo me)"}]
steps:
  - {id: first, run: 'echo "first $WHO" >> effects'}
  - {id: a, run: echo a >> effects}
  - {id: b, run: 'test -e go && echo b >> effects'}
`,
    );
    expect((await at.flow(['resume', 'r-1', '--updated'])).code).toBe(1);
    at.write('dag.yaml', 'no DAG any more');
    at.write('go', '');
    const { code, stderr } = await at.flow(['resume', 'r-1']);
    expect(code, stderr).toBe(0);
    expect(at.read('effects')).toBe('a\nfirst me\na\nb\n');
    const { steps } = (await at.json(['status', 'r-1', '--json'])) as { steps: { id: string }[] };
    expect(steps.map(({ id }) => id)).toEqual(['first', 'a', 'b']);
    at.write('go', '');
    expect((await at.flow(['rerun', 'r-1', '--from', 'b', '--run-id', 'r-2'])).code).toBe(0);
    expect(at.read('effects')).toBe('a\nfirst me\na\nb\nb\n');
  });

  test('W820: the plan says that the dotenv files hold something else, and nothing runs again because of it', async () => {
    const at = place();
    at.write('.env', 'A=1\n');
    at.write('dag.yaml', 'type: chain\nsteps: [{id: a, run: echo a}, {id: b, run: echo "A=$A"; false}]\n');
    await at.flow(['run', 'dag.yaml', '--run-id', 'r-1']);
    expect((await at.flow(['resume', 'r-1', '--dry-run'])).stderr).toBe('');
    at.write('.env', 'A=2\n');
    for (const more of [[], ['--updated']]) {
      const { stdout, stderr } = await at.flow(['resume', 'r-1', '--dry-run', ...more]);
      expect(stderr).toContain('warning[W820] root env changed: what the dotenv files hold');
      expect(stdout).toMatch(/keep +a +succeeded/);
    }
    const { stdout, stderr } = await at.flow(['resume', 'r-1']);
    expect([stdout, stderr]).toEqual([expect.stringContaining('A=2'), expect.stringContaining('W820')]);
    expect((await at.flow(['resume', 'r-1', '--dry-run'])).stderr).toBe('');
    // The journal holds a hash, never what the files hold.
    const events = (await at.flow(['events', 'r-1', '--json'])).stdout;
    expect(events.match(/"run\.dotenv_read"/g)).toHaveLength(2);
  });
});

describe('artifacts of kept steps (RELIABILITY.md R4)', () => {
  test('W822: the plan names those that are gone or have another size; what two steps append to is measured once', async () => {
    const at = place();
    at.write(
      'dag.yaml',
      `type: chain
steps:
  - {id: list, run: echo one, stdout: {artifact: all.txt}}
  - {id: more, run: echo two, stdout: {artifact: all.txt}}
  - {id: note, action: artifact.write, with: {path: note.txt, content: hello}}
  - {id: last, run: "false"}
`,
    );
    await at.flow(['run', 'dag.yaml', '--run-id', 'r-1']);
    const plan = async (): Promise<string> => (await at.flow(['resume', 'r-1', '--dry-run'])).stderr;
    expect(await plan()).toBe('');
    at.write('home/artifacts/r-1/all.txt', 'one\n');
    expect((await plan()).split('\n')).toEqual([
      'warning[W822] artifact all.txt of list has another size: --from list makes it again',
      'warning[W822] artifact all.txt of more has another size: --from more makes it again',
      '',
    ]);
    rmSync(join(at.home, 'artifacts/r-1'), { recursive: true });
    const gone = await plan();
    expect(gone).toContain('artifact note.txt of note is gone');
    expect(gone.match(/W822/g)).toHaveLength(3);
    const { stderr } = await at.flow(['resume', 'r-1', '--from', 'note']);
    expect(stderr.match(/W822/g)).toHaveLength(2);
    expect(at.read('home/artifacts/r-1/note.txt')).toBe('hello');
  });
});
