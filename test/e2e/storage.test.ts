import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { BIN, place } from '../support/flow.ts';
import type { Place } from '../support/flow.ts';

/** Who has no rights at all on every system. */
const NOBODY = 65_534;

const DAG =
  'type: chain\nsteps:\n  - {id: a, run: echo a | tee -a effects}\n  - {id: b, run: test -e go && echo b >> effects}\n';

async function withRun(): Promise<Place> {
  const at = place();
  at.write('dag.yaml', DAG);
  expect((await at.flow(['run', 'dag.yaml', '--run-id', 'r-1'])).code).toBe(1);
  return at;
}

const database = (at: Place): string => join(at.home, 'flow.db');

/** Every path below a folder with its mode. */
function modes(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .map(
      (path) => `${(statSync(path).mode & 0o777).toString(8)} ${statSync(path).isDirectory() ? 'd' : 'f'}`,
    );
}

describe('storage that fails: exit 70, one clear message, nothing half-done (RELIABILITY.md E, J4)', () => {
  test('E7: not a database: the file is left untouched', async () => {
    const at = place();
    at.write('dag.yaml', DAG);
    at.write('home/flow.db', 'my shopping list\n'.repeat(100));
    const before = readFileSync(database(at));
    const { code, stdout, stderr } = await at.flow(['run', 'dag.yaml']);
    expect([code, stdout]).toEqual([70, '']);
    expect(stderr).toMatch(/^error\[S004\] .*flow\.db is not a database; it was left untouched\nhint: /);
    expect(readFileSync(database(at))).toEqual(before);
    expect(readdirSync(at.dir).sort()).toEqual(['dag.yaml', 'home']);
  });

  test('C6: written by a newer flow: refused, untouched', async () => {
    const at = await withRun();
    const newer = `
      const driver = process.argv[2];
      const db = driver === 'node:sqlite' ? new (require(driver).DatabaseSync)(process.argv[1]) : new (require(driver))(process.argv[1]);
      db.exec('pragma user_version = 99; pragma wal_checkpoint(truncate)');
      db.close();`;
    const driver = process.versions.node.startsWith('20.') ? 'better-sqlite3' : 'node:sqlite';
    execFileSync(process.execPath, ['--no-warnings', '-e', newer, database(at), driver]);
    const before = readFileSync(database(at));
    for (const args of [['run', 'dag.yaml'], ['status'], ['resume', 'r-1']]) {
      const { code, stderr } = await at.flow(args);
      expect(code, args.join(' ')).toBe(70);
      expect(stderr).toContain('error[S003]');
      expect(stderr).toContain('schema 99');
    }
    expect(readFileSync(database(at))).toEqual(before);
    expect(at.read('effects')).toBe('a\n');
  });

  test('E6: damaged pages: exit 70, names `flow db check`, deletes nothing', async () => {
    const at = await withRun();
    for (const suffix of ['-wal', '-shm']) rmSync(database(at) + suffix, { force: true });
    const bytes = readFileSync(database(at));
    writeFileSync(database(at), bytes.fill(0x5a, 4_096, bytes.length));
    const { code, stderr } = await at.flow(['run', 'dag.yaml']);
    expect(code).toBe(70);
    expect(stderr).toContain('error[S005]');
    expect(stderr).toContain('flow db check');
    expect(at.read('effects')).toBe('a\n');
  });

  test('a truncated database file is not taken for a new one', async () => {
    const at = await withRun();
    for (const suffix of ['-wal', '-shm']) rmSync(database(at) + suffix, { force: true });
    truncateSync(database(at), 1_000);
    const { code, stderr } = await at.flow(['run', 'dag.yaml']);
    expect([code, stderr]).toEqual([70, expect.stringMatching(/^error\[S00[45]\]/)]);
  });

  test('E5: a read-only home: status and logs work, run says what to do', async ({ skip }) => {
    const at = await withRun();
    const root = process.getuid?.() === 0;
    // Root may write whatever the mode says, so the commands run as somebody else then.
    if (root) execFileSync('chown', ['-R', `${NOBODY}:${NOBODY}`, at.dir]);
    const as = root ? { uid: NOBODY } : {};
    if (root && (await at.flow(['--version'], as).catch(() => null))?.code !== 0)
      skip('nobody else can run flow here');
    execFileSync('chmod', ['-R', 'a-w', at.home]);
    try {
      expect(await at.flow(['status', 'r-1'], as)).toMatchObject({
        code: 0,
        stderr: expect.stringMatching(/^note: .* is read-only: /) as string,
      });
      expect(await at.flow(['logs', 'r-1', 'a'], as)).toMatchObject({ code: 0, stdout: 'a\n' });
      const { code, stderr } = await at.flow(['run', 'dag.yaml'], as);
      expect([code, stderr]).toEqual([70, expect.stringMatching(/^error\[S00[89]\] .*\nhint: /)]);
    } finally {
      execFileSync('chmod', ['-R', 'u+w', at.home]);
    }
  });

  test('E1: a full disk: exit 70 with the free space; after freeing, resume loses nothing and repeats nothing', ({
    skip,
  }) => {
    const inNamespace = ['-Urm', 'sh', '-c', 'mount -t tmpfs -o size=64k tmpfs /mnt'];
    if (spawnSync('unshare', inNamespace).status !== 0) skip('no user namespaces here');
    const at = place();
    at.write('dag.yaml', DAG);
    mkdirSync(join(at.dir, 'small'));
    // In one mount namespace: a home of 4 MB, filled up after the first step, freed before the resume.
    at.write(
      'full.sh',
      `mount -t tmpfs -o size=4m tmpfs small || exit 99
       export FLOW_HOME="$PWD/small/home"
       "$NODE" "$BIN" run first.yaml --run-id r-1 >&2; echo "run $?"
       touch go
       rm -f small/ballast
       "$NODE" "$BIN" resume r-1 >&2; echo "resume $?"`,
    );
    at.write(
      'first.yaml',
      `type: chain
steps:
  - {id: a, run: 'echo a >> effects; cat /dev/zero > small/ballast 2> /dev/null || true'}
  - {id: b, run: test -e go && echo b >> effects}
`,
    );
    const { stdout, stderr } = spawnSync('unshare', ['-Urm', 'sh', 'full.sh'], {
      cwd: at.dir,
      encoding: 'utf8',
      env: { PATH: process.env['PATH'] ?? '', HOME: at.dir, NODE: process.execPath, BIN },
    });
    expect(stderr).toMatch(/disk full at .*flow\.db, free 0\.0 MB/);
    expect(stdout).toBe('run 70\nresume 0\n');
    expect(at.read('effects')).toBe('a\nb\n');
  });

  test('E18: no HOME and no FLOW_HOME: exit 70, naming the variable to set', async () => {
    const at = place();
    at.write('dag.yaml', DAG);
    const { code, stderr } = await at.flow(['run', 'dag.yaml'], { env: { HOME: '', FLOW_HOME: '' } });
    expect([code, stderr]).toEqual([70, expect.stringContaining('FLOW_HOME')]);
  });

  test('J4: everything flow makes is private, whatever the umask; steps get the umask of the user', () => {
    const at = place();
    at.write('dag.yaml', 'steps: [{id: a, run: "umask; touch made"}]\n');
    const script = `umask 000; exec "$NODE" "$BIN" run dag.yaml`;
    const env = {
      PATH: process.env['PATH'] ?? '',
      HOME: at.dir,
      FLOW_HOME: at.home,
      NODE: process.execPath,
      BIN,
    };
    const { stdout, status } = spawnSync('sh', ['-c', script], { cwd: at.dir, encoding: 'utf8', env });
    expect([status, stdout]).toEqual([0, 'a   │ 0000\n']);
    expect([...new Set(modes(at.home))].sort()).toEqual(['600 f', '700 d']);
    expect(statSync(join(at.dir, 'made')).mode & 0o777).toBe(0o666);
  });
});
