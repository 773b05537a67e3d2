import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { execa } from 'execa';
import { expect, onTestFinished, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { BIN, place } from '../support/flow.ts';

const UNSHARE = ['--pid', '--fork', '--mount-proc', '--kill-child'];
/** Root, and a kernel that lets it, are needed for a namespace of process ids. */
const hasNamespaces = spawnSync('unshare', [...UNSHARE, 'true']).status === 0;

const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
const isZombie = (pid: number): boolean => / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));

test.skipIf(!hasNamespaces)(
  'as PID 1 of a container it gets orphans that it never reaps: they are zombies, and not taken for alive',
  async () => {
    const at = place();
    // The group of the step has a process that has ended and is still there, when the step is stopped.
    at.write('dags/held.yaml', "steps: [{run: '(true &); echo begun >> ../begun; exec sleep 60'}]\n");
    const daemon = execa('unshare', [...UNSHARE, process.execPath, BIN, 'scheduler'], {
      cwd: at.dir,
      env: { PATH: process.env['PATH'] ?? '', HOME: at.dir, SHELL: '/bin/sh', FLOW_HOME: at.home },
      extendEnv: false,
      reject: false,
      stdin: 'ignore',
    });
    onTestFinished(() => void daemon.kill('SIGKILL'));
    let log = '';
    daemon.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
    await eventually(() => log.includes('"pid":1,'));
    const [first = 0] = childrenOf(daemon.pid ?? 0);
    await at.flow(['enqueue', 'held', '--run-id', 'r-1']);
    await eventually(() => childrenOf(first).some(isZombie));
    // It returns when the run has ended: nothing of it lives.
    expect((await at.flow(['stop', 'r-1'])).code).toBe(0);
    const { run } = (await at.json(['status', 'r-1', '--json'])) as {
      run: { state: string; reason: string };
    };
    expect(run).toMatchObject({ state: 'aborted', reason: 'stopped' });
    process.kill(first, 'SIGTERM');
    expect((await daemon).exitCode).toBe(0);
    expect(log).toContain('"message":"done","left":0');
  },
);
