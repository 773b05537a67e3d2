import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { BIN, place } from '../support/flow.ts';
import type { Place } from '../support/flow.ts';

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

describe('J6: a DAG folder that everybody may write to', () => {
  test('is warned about, and refused with strict_permissions, before anything runs', async () => {
    const at = place();
    const path = at.write('dags/hello.yaml', 'steps: [{id: a, run: touch ran}]\n');
    chmodSync(join(at.dir, 'dags'), 0o777);
    const refused = await at.flow(['run', 'hello'], { env: { FLOW_STRICT_PERMISSIONS: 'true' } });
    expect([refused.code, existsSync(join(at.dir, 'dags/ran'))]).toEqual([2, false]);
    expect(refused.stderr).toContain(`everybody may write to ${at.dir}/dags (strict_permissions)`);
    expect(refused.stderr).toContain(`chmod o-w '${at.dir}/dags'`);
    const warned = await at.flow(['run', 'hello']);
    expect([warned.code, warned.stderr]).toEqual([0, expect.stringContaining('warning[W102]')]);
    expect((await at.flow(['run', 'hello', '--strict'])).code).toBe(2);
    chmodSync(join(at.dir, 'dags'), 0o755);
    chmodSync(path, 0o666);
    expect((await at.flow(['run', 'hello'])).stderr).toContain(`everybody may write to ${path}`);
    chmodSync(path, 0o644);
    const fine = await at.flow(['run', 'hello'], { env: { FLOW_STRICT_PERMISSIONS: 'true' } });
    expect([fine.code, fine.stderr]).toEqual([0, expect.not.stringContaining('everybody')]);
  });
});

/** Runs flow under strace with an injected fault. */
function traced(at: Place, args: readonly string[], inject: string) {
  const [call = ''] = inject.split(':');
  const trace = ['-f', '-qq', '-o', '/dev/null', '-e', `trace=${call}`, '-e', `inject=${inject}`];
  return spawnSync('strace', [...trace, process.execPath, BIN, ...args], {
    cwd: at.dir,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] ?? '', HOME: at.dir, SHELL: '/bin/sh', FLOW_HOME: at.home },
  });
}

/** Why strace cannot inject faults here; null when it can. */
function noStrace(): string | null {
  const probe = ['-qq', '-o', '/dev/null', '-e', 'inject=fdatasync:error=EIO', 'true'];
  const { status, error, stderr } = spawnSync('strace', probe, { encoding: 'utf8' });
  if (error !== undefined) return 'strace is not installed';
  return status === 0 ? null : `strace cannot trace here: ${stderr.trim()}`;
}

const TWICE = `type: chain
steps:
  - {id: a, run: echo a >> effects}
  - {id: b, run: echo b >> effects}
`;

describe('faults of system calls', () => {
  test(
    'E4: fsync fails: exit 70 at once; afterwards everything that ran is kept or runs',
    { timeout: 300_000 },
    async ({ skip }) => {
      const why = noStrace();
      if (why !== null) skip(why);
      const at = place();
      at.write('dag.yaml', TWICE);
      // The database is made without faults.
      expect((await at.flow(['run', 'dag.yaml', '--run-id', 'r-0'])).code).toBe(0);
      rmSync(join(at.dir, 'effects'));
      const { status, stderr } = traced(
        at,
        ['run', 'dag.yaml', '--run-id', 'r-1'],
        'fsync,fdatasync:error=EIO:when=3+',
      );
      expect([status, stderr]).toEqual([70, expect.stringMatching(/error\[S007\].*I\/O error 1034/)]);
      // A run whose first commit failed was never there, and nothing of it ran.
      const recorded = (await at.flow(['status', 'r-1'])).code === 0;
      const again = recorded ? ['resume', 'r-1'] : ['run', 'dag.yaml', '--run-id', 'r-1'];
      expect((await at.flow(again)).code).toBe(0);
      expect(at.read('effects')).toBe('a\nb\n');
      expect((await at.flow(['db', 'check'])).code).toBe(0);
    },
  );

  test(
    'A1: killed at the n-th write to the database: the next resume ends the same, no step runs twice',
    { timeout: 600_000 },
    async ({ skip }) => {
      const why = noStrace();
      if (why !== null) skip(why);
      let killed = 0;
      for (let n = 1; ; n += STRIDE) {
        const at = place();
        at.write('dag.yaml', TWICE);
        const { status, signal } = traced(
          at,
          ['run', 'dag.yaml', '--run-id', 'r-1'],
          `pwrite64:signal=KILL:when=${n}`,
        );
        if (status === 0) break;
        expect(signal, `write ${n}`).toBe('SIGKILL');
        killed += 1;
        const recorded = (await at.flow(['status', 'r-1'])).code === 0;
        const again = await at.flow(recorded ? ['resume', 'r-1'] : ['run', 'dag.yaml', '--run-id', 'r-1']);
        // A run whose last commit was done before the kill has nothing left to do.
        expect([0, 2], `write ${n}: ${again.stderr}`).toContain(again.code);
        if (again.code === 2) expect(again.stderr, `write ${n}`).toContain('E008');
        expect((await at.flow(['status', 'r-1'])).stdout, `write ${n}`).toContain('succeeded');
        expect(at.read('effects'), `write ${n}`).toBe('a\nb\n');
      }
      expect(killed).toBeGreaterThan(3);
    },
  );
});

test('a backup that is killed leaves no copy under its name, and the next one clears what it left', async ({
  skip,
}) => {
  const why = noStrace();
  if (why !== null) skip(why);
  const at = place();
  at.write('dag.yaml', TWICE);
  await at.flow(['run', 'dag.yaml']);
  mkdirSync(join(at.dir, 'copies'));
  const left = (): string[] => readdirSync(join(at.dir, 'copies'));
  // With a journal of SQLite; whole; and whole without a journal.
  for (const flush of [1, 3, 4]) {
    const { signal } = traced(at, ['db', 'backup', 'copies/a.db'], `fsync:signal=KILL:when=${flush}`);
    expect(signal).toBe('SIGKILL');
    expect(left()).toContainEqual(expect.stringMatching(/^flow-backup-\d+-[0-9a-f]{8}\.tmp(-journal)?$/));
  }
  expect(left()).not.toContain('a.db');
  // Another backup that goes on, and a file of somebody else.
  const living = `flow-backup-${process.pid}-0123abcd.tmp`;
  at.write(`copies/${living}`, '');
  at.write('copies/flow-backup-notes.tmp', '');
  expect((await at.flow(['db', 'backup', 'copies/b.db'])).code).toBe(0);
  expect(left().sort()).toEqual(['b.db', living, 'flow-backup-notes.tmp'].sort());
});

/** Every write with FLOW_TEST_BIG=1, else some of them. */
const STRIDE = process.env['FLOW_TEST_BIG'] === '1' ? 1 : 37;
