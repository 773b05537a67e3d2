import { spawnSync } from 'node:child_process';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isProcessAlive } from '../../src/process/identity.ts';
import { startTime } from '../../src/process/table.ts';
import { makeTry, pidIn, processes, sh } from './support.ts';

describe('standard streams (RELIABILITY.md §6 F, LANGUAGE.md §6.1)', () => {
  test('all 256 byte values arrive unchanged, without a newline at the end (F5, F6)', async () => {
    const it = makeTry();
    const bytes = Buffer.from(Array.from({ length: 1024 }, (_, i) => i % 256));
    writeFileSync(join(it.root, 'in'), bytes);
    const running = await processes.start(it.spec([sh('cat in; cat in >&2')]));
    expect(await running.ended).toEqual({ code: 0, signal: null });
    expect(it.stdout().equals(bytes)).toBe(true);
    expect(it.stderr().equals(bytes)).toBe(true);
  });

  test.each([65_535, 65_536, 65_537])('%i bytes on both streams (F4)', async (count) => {
    const it = makeTry();
    const command = sh(`head -c ${count} /dev/zero; head -c ${count} /dev/zero >&2`);
    const running = await processes.start(it.spec([command]));
    expect((await running.ended).code).toBe(0);
    expect([it.stdout().length, it.stderr().length]).toEqual([count, count]);
  });

  test('the wrapper adds nothing, also when the shell would comment on a killed child', async () => {
    const it = makeTry();
    const running = await processes.start(it.spec([sh('kill -SEGV $$')]));
    await running.ended;
    expect([it.stdout().length, it.stderr().length]).toEqual([0, 0]);
  });

  test('one file for both streams keeps the order of writing (merged)', async () => {
    const it = makeTry();
    const log = join(it.root, 'both.log');
    const running = await processes.start(
      it.spec([sh('echo 1; echo 2 >&2; echo 3; cat both.log >copy')], { out: log, err: log }),
    );
    await running.ended;
    expect(statSync(log).size).toBe(6);
    expect(statSync(join(it.root, 'copy')).size).toBe(6);
  });

  test('standard input is empty (B9)', async () => {
    const it = makeTry();
    const running = await processes.start(it.spec([sh('read x; echo "got $?"')]));
    await running.ended;
    expect(it.stdout().toString()).toBe('got 1\n');
  });

  test('a background process does not delay the end, goes on and still reaches the log (B4, F11)', async () => {
    const it = makeTry();
    const running = await processes.start(
      it.spec([
        sh('(until [ -e go ]; do sleep 0.02; done; echo late; echo >done) & echo $! >bg; echo early'),
      ]),
    );
    expect((await running.ended).code).toBe(0);
    const pid = await pidIn(join(it.root, 'bg'));
    expect(isProcessAlive({ pid, start: startTime(pid) ?? '' })).toBe(true);
    expect(it.stdout().toString()).toBe('early\n');
    writeFileSync(join(it.root, 'go'), '');
    await pidIn(join(it.root, 'done'));
    expect(it.stdout().toString()).toBe('early\nlate\n');
  });

  test('a command gets no descriptor beyond the three streams', async () => {
    const it = makeTry();
    const running = await processes.start(
      it.spec([sh('for i in 3 4 5 6 7 8 9; do [ -e /dev/fd/$i ] && echo $i; done; :')]),
    );
    await running.ended;
    expect(it.stdout().toString()).toBe('');
  });

  test('logs and try files are 0600 whatever the umask, files of the command follow the user (J4, §7.3)', async () => {
    const it = makeTry();
    const before = process.umask(0);
    const running = await processes
      .start(it.spec([sh('umask; : >mine'), sh(':')]))
      .finally(() => process.umask(before));
    await running.ended;
    const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);
    const spec = it.spec([]);
    const ours = [
      spec.out,
      spec.err,
      ...['claim', 'exit', 'exit.1', 'exit.2'].map((name) => join(it.dir, name)),
    ];
    expect(ours.map(mode)).toEqual(ours.map(() => '600'));
    expect(mode(join(it.root, 'mine'))).toBe('644');
    expect(Number(it.stdout().toString())).toBe(22);
  });
});

describe('a log is bounded in other ways than these', () => {
  test('F2: a command is under no limit of file size that flow has set', async () => {
    const it = makeTry();
    const running = await processes.start(it.spec([sh('ulimit -f; ulimit -c')]));
    await running.ended;
    const own = spawnSync('sh', ['-c', 'ulimit -f; ulimit -c'], { encoding: 'utf8' });
    expect(it.stdout().toString()).toBe(own.stdout);
  });
});
