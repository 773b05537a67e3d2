import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { flowHome, RUN_MARKER, runPaths } from '../../src/base/paths.ts';
import type { FlowHome, RunFolders } from '../../src/base/paths.ts';
import { FlowError } from '../../src/errors/diagnostic.ts';
import { nodeRunFiles } from '../../src/process/files.ts';
import { scratch } from './support.ts';

/** A run whose logs and artifacts lie outside flow's home, and a folder of somebody else. */
function make(): { root: string; home: FlowHome; run: RunFolders; files: ReturnType<typeof nodeRunFiles> } {
  const root = scratch();
  const home = flowHome(join(root, 'home'));
  const run = { id: 'r1', logDir: join(root, 'var', 'logs'), artifactsDir: join(root, 'out') };
  mkdirSync(join(root, 'foreign'));
  writeFileSync(join(root, 'foreign', 'precious'), 'keep');
  return { root, home, run, files: nodeRunFiles(home) };
}

const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);

describe('the folders of a run outside of the home (§21.2, §21.3)', () => {
  test.each([0, 0o022, 0o777])('are 0700 with a marker of 0600 under umask %i', (umask) => {
    const before = process.umask(umask);
    onTestFinished(() => void process.umask(before));
    const { root, home, run, files } = make();
    files.openRun(run);
    files.makeRun(run);
    files.makeRun(run);
    const { logs, artifacts } = runPaths(home, run);
    for (const path of [logs, artifacts ?? '']) {
      expect([mode(path), mode(join(path, RUN_MARKER))]).toEqual(['700', '600']);
      expect(readFileSync(join(path, RUN_MARKER), 'utf8')).toBe('r1\n');
    }
    expect(mode(join(root, 'var'))).toBe('700');
    expect(readdirSync(home.root)).toEqual(['work']);
  });

  test('without artifacts there is no such folder', () => {
    const { home, files } = make();
    files.makeRun({ id: 'r1', logDir: null, artifactsDir: false });
    expect(readdirSync(home.root).sort()).toEqual(['logs', 'work']);
  });

  test.each(['link', 'file', 'dangling'])('a %s in the way is refused, not followed (E11)', (kind) => {
    const { root, run, files } = make();
    const logDir = join(root, 'var', 'logs');
    mkdirSync(logDir, { recursive: true });
    if (kind === 'file') writeFileSync(join(logDir, 'r1'), '');
    else symlinkSync(join(root, kind === 'link' ? 'foreign' : 'nowhere'), join(logDir, 'r1'));
    for (const attempt of [() => files.openRun(run), () => files.makeRun(run)]) {
      expect(attempt).toThrow(FlowError);
      expect(attempt).toThrow(/cannot make the folder .*\/var\/logs\/r1: a file or a link is in the way$/);
    }
    expect(readdirSync(join(root, 'foreign'))).toEqual(['precious']);
    expect(existsSync(join(root, 'nowhere'))).toBe(false);
  });

  test('a folder that cannot be made is told before the run begins', () => {
    const { root, run, files } = make();
    const path = join(root, 'foreign', 'precious', 'logs');
    expect(() => files.openRun({ ...run, logDir: path })).toThrow(`${path}/r1: a file is in the way`);
  });
});

describe('removing the files of a run (RELIABILITY.md J2)', () => {
  test('deletes all of it and nothing beside it', () => {
    const { root, home, run, files } = make();
    for (const id of ['r1', 'r2', 'r11']) files.makeRun({ ...run, id });
    files.makeRun({ ...run, logDir: null, artifactsDir: null });
    files.makeTry(home.tryDir('r1', 1, 1));
    writeFileSync(join(home.scratch('r1'), 'big'), 'x');
    files.removeRun(run);
    files.removeRun(run);
    expect(readdirSync(join(root, 'var', 'logs')).sort()).toEqual(['r11', 'r2']);
    expect(readdirSync(join(root, 'out')).sort()).toEqual(['r11', 'r2']);
    expect(readdirSync(join(home.root, 'work')).sort()).toEqual(['r11', 'r2']);
    expect(['logs', 'artifacts'].map((area) => readdirSync(join(home.root, area)))).toEqual([[], []]);
  });

  test('never follows a link, wherever it is', () => {
    const { root, home, run, files } = make();
    files.makeRun(run);
    const foreign = join(root, 'foreign');
    symlinkSync(foreign, join(home.scratch('r1'), 'link'));
    symlinkSync(foreign, join(root, 'out', 'r1', 'link'));
    mkdirSync(join(home.root, 'logs'));
    symlinkSync(foreign, join(home.root, 'logs', 'r1'));
    symlinkSync(join(foreign, 'precious'), join(home.work('r1'), 'file'));
    files.removeRun(run);
    expect(readFileSync(join(foreign, 'precious'), 'utf8')).toBe('keep');
    expect(existsSync(home.work('r1'))).toBe(false);
    expect(readdirSync(join(home.root, 'logs'))).toEqual([]);
  });

  test('leaves a directory outside of the home that is not marked as that of this run', () => {
    const { root, run, files } = make();
    const logs = join(root, 'var', 'logs', 'r1');
    mkdirSync(logs, { recursive: true });
    files.makeRun(run);
    expect(existsSync(join(logs, RUN_MARKER))).toBe(false);
    writeFileSync(join(root, 'out', 'r1', RUN_MARKER), 'r2\n');
    files.removeRun(run);
    expect([existsSync(logs), existsSync(join(root, 'out', 'r1'))]).toEqual([true, true]);
  });

  test('leaves a link to a marked directory, and a marker that is a link', () => {
    const { root, run, files } = make();
    const elsewhere = join(root, 'elsewhere');
    mkdirSync(elsewhere);
    writeFileSync(join(elsewhere, RUN_MARKER), 'r1\n');
    mkdirSync(join(root, 'var', 'logs'), { recursive: true });
    symlinkSync(elsewhere, join(root, 'var', 'logs', 'r1'));
    mkdirSync(join(root, 'out', 'r1'), { recursive: true });
    symlinkSync(join(elsewhere, RUN_MARKER), join(root, 'out', 'r1', RUN_MARKER));
    files.removeRun(run);
    expect(readdirSync(elsewhere)).toEqual([RUN_MARKER]);
    expect(lstatSync(join(root, 'var', 'logs', 'r1')).isSymbolicLink()).toBe(true);
    expect(readdirSync(join(root, 'out', 'r1'))).toEqual([RUN_MARKER]);
  });

  test('takes names that are no text, pipes, and folders that nobody may write to', () => {
    const { home, run, files } = make();
    files.makeRun(run);
    const there = home.scratch('r1');
    writeFileSync(Buffer.concat([Buffer.from(`${there}/`), Buffer.from([0xff, 0xfe])]), '');
    execFileSync('mkfifo', [join(there, 'fifo')]);
    mkdirSync(join(there, 'closed', 'below'), { recursive: true });
    writeFileSync(join(there, 'closed', 'below', 'file'), '');
    for (const path of ['closed/below', 'closed']) chmodSync(join(there, path), 0);
    files.removeRun(run);
    expect(existsSync(home.work('r1'))).toBe(false);
  });

  test.each(['..', '../foreign', '', '.', 'a/b'])('%j is no run id: nothing is touched', (id) => {
    const { root, run, files } = make();
    mkdirSync(join(root, 'out'));
    writeFileSync(join(root, RUN_MARKER), `${id}\n`);
    expect(() => files.removeRun({ ...run, id })).toThrow('not a run id');
    expect(readdirSync(root).sort()).toEqual(expect.arrayContaining([RUN_MARKER, 'foreign', 'out']));
    rmSync(join(root, RUN_MARKER));
  });
});
