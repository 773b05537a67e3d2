import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { BIN, place } from '../support/flow.ts';

/** Ends with 1 until there is a file `go`. */
const HALTED = `type: chain
steps:
  - {id: a, run: echo stored >> effects}
  - {id: b, run: test -e go && echo stored b >> effects}
`;

describe('the file of a run (RELIABILITY.md R8)', () => {
  test('G12: changed between interruption and resume: the stored one counts, with a note', async () => {
    const at = place();
    at.write('dag.yaml', HALTED);
    expect((await at.flow(['run', 'dag.yaml', '--run-id', 'r-1'])).code).toBe(1);
    at.write('dag.yaml', HALTED.replaceAll('stored', 'edited'));
    at.write('go', '');
    const { code, stderr } = await at.flow(['resume', 'r-1']);
    expect([code, at.read('effects')]).toEqual([0, 'stored\nstored b\n']);
    expect(stderr).toContain('has changed since the run started; the definition stored with the run is used');
  });

  test('G13: deleted: resume works', async () => {
    const at = place();
    const file = at.write('dag.yaml', HALTED);
    expect((await at.flow(['run', 'dag.yaml', '--run-id', 'r-1'])).code).toBe(1);
    rmSync(file);
    at.write('go', '');
    const { code, stderr } = await at.flow(['resume', 'r-1']);
    expect([code, at.read('effects')]).toEqual([0, 'stored\nstored b\n']);
    expect(stderr).toContain('is gone; the definition stored with the run is used');
  });

  test('G14: changed, then half-written, while it runs: no effect', async () => {
    const at = place();
    const text = `type: chain
steps:
  - {id: a, run: 'echo begun >> effects; until test -e go; do sleep 0.02; done'}
  - {id: b, run: echo stored >> effects}
`;
    at.write('dag.yaml', text);
    const running = at.spawn(['run', 'dag.yaml']);
    await eventually(() => existsSync(join(at.dir, 'effects')));
    at.write('dag.yaml', text.replace('stored', 'edited'));
    at.write('dag.yaml', 'type: chain\nsteps:\n  - {id: a, ru');
    at.write('go', '');
    expect((await running).exitCode).toBe(0);
    expect(at.read('effects')).toBe('begun\nstored\n');
  });
});

describe('values of params (LANGUAGE.md §7, §8.9)', () => {
  const evil = 'x; touch pwned';

  test('H2: by environment nothing of it is run; as text it is, which validate says and --strict refuses', async () => {
    const at = place();
    at.write('safe.yaml', 'params: [{name: who}]\nsteps: [{run: echo "$who"}]\n');
    at.write('text.yaml', 'params: [{name: who, default: you}]\nsteps: [{run: "echo ${params.who}"}]\n');
    const safe = await at.flow(['run', 'safe.yaml', '--', `who=${evil}`]);
    expect([safe.code, existsSync(join(at.dir, 'pwned'))]).toEqual([0, false]);
    expect(safe.stdout).toContain(`│ ${evil}\n`);

    const said = await at.flow(['validate', 'text.yaml']);
    expect([said.code, said.stdout + said.stderr]).toEqual([0, expect.stringContaining('W401')]);
    expect(said.stdout + said.stderr).toContain('"$who"');
    expect((await at.flow(['validate', '--strict', 'text.yaml'])).code).toBe(2);
    expect((await at.flow(['run', 'text.yaml', '--', `who=${evil}`])).code).toBe(0);
    expect(existsSync(join(at.dir, 'pwned'))).toBe(true);
  });

  test('H3: one word of a reference stays one argument, whatever it looks like', async () => {
    const at = place();
    at.write(
      'dag.yaml',
      `params: [{name: file}]
steps:
  - {id: exec, action: exec, with: {command: printf, args: ["<%s>", "--", "\${params.file}"]}}
  - {id: quoted, run: 'printf "<%s>" -- "$file"'}
`,
    );
    const { code, stdout } = await at.flow(['run', 'dag.yaml', '-j', '1', '--', 'file=-rf * --output=x']);
    expect(code).toBe(0);
    expect(stdout.match(/<--><-rf \* --output=x>/g)).toHaveLength(2);
  });

  test('H4: a declared param may be PATH or BASH_ENV; a managed name has no effect, with a warning', async () => {
    const at = place();
    at.write('bin/hello', '#!/bin/sh\necho from-the-param\n');
    spawnSync('chmod', ['+x', join(at.dir, 'bin/hello')]);
    at.write(
      'dag.yaml',
      `params: [{name: PATH}, {name: FLOW_RUN_ID, default: mine}, {name: IFS, default: x}]
steps: [{run: 'hello; printf "%s|%s\\n" "$FLOW_RUN_ID" "$(printf "a b" | { read -r one two; echo "$two"; })"'}]
`,
    );
    const path = `${at.dir}/bin:${process.env['PATH'] ?? ''}`;
    const { code, stdout, stderr } = await at.flow([
      ...['run', 'dag.yaml', '--run-id', 'r-1', '--', `PATH=${path}`],
    ]);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stdout).toContain('from-the-param');
    expect(stdout).toContain('r-1|');
    expect(stderr).toContain('W302');
    const undeclared = await at.flow(['run', 'dag.yaml', '--', `PATH=${path}`, 'LD_PRELOAD=/evil.so']);
    expect([undeclared.code, undeclared.stderr]).toEqual([2, expect.stringContaining('LD_PRELOAD')]);
  });
});

test('J3: names that differ in case only, or hold what no file name may, share no file', async () => {
  const at = place();
  at.write(
    'dag.yaml',
    `steps:
  - {name: Build, run: 'echo upper'}
  - {name: build, run: 'echo lower'}
  - {name: "b/../u:l?d", run: 'echo odd'}
`,
  );
  expect((await at.flow(['run', 'dag.yaml', '--run-id', 'r-1'])).code).toBe(0);
  for (const [name, text] of Object.entries({ Build: 'upper', build: 'lower', 'b/../u:l?d': 'odd' })) {
    expect(await at.flow(['logs', 'r-1', name])).toMatchObject({ code: 0, stdout: `${text}\n` });
  }
  const logs = readdirSync(join(at.home, 'logs', 'r-1'));
  expect(new Set(logs.map((file) => file.toLowerCase())).size).toBe(logs.length);
  expect(logs.join(' ')).not.toMatch(/build|u:l/i);
});

test('E3: a limit on the size of files stops flow like a full disk; resume loses nothing', () => {
  const at = place();
  at.write(
    'dag.yaml',
    'type: chain\nsteps:\n  - {id: a, run: echo a >> effects}\n  - {id: b, run: echo b >> effects}\n',
  );
  const flow = (args: string, limit: string) =>
    spawnSync('sh', ['-c', `${limit} exec "$NODE" "$BIN" ${args}`], {
      cwd: at.dir,
      encoding: 'utf8',
      env: { PATH: process.env['PATH'] ?? '', HOME: at.dir, FLOW_HOME: at.home, NODE: process.execPath, BIN },
    });
  expect(flow('run dag.yaml --run-id r-0', '').status).toBe(0);
  // The journal of the next run does not fit into what is there.
  const { status, stderr } = flow('run dag.yaml --run-id r-1', 'ulimit -f 16;');
  expect([status, stderr]).toEqual([70, expect.stringMatching(/error\[S0\d\d\]/)]);
  expect(flow('db check', '').status).toBe(0);
  const again = flow('status r-1', '').status === 0 ? 'resume r-1' : 'run dag.yaml --run-id r-1';
  expect(flow(again, '').status).toBe(0);
  expect(at.read('effects')).toBe('a\nb\na\nb\n');
});
