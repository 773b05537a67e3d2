import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { flowHome, runPaths } from '../../src/base/paths.ts';
import type { RunFiles } from '../../src/engine/types.ts';
import { nodeRunFiles } from '../../src/process/files.ts';
import { scratch } from './support.ts';

function make(umask?: number): { root: string; files: RunFiles; home: ReturnType<typeof flowHome> } {
  const root = scratch();
  const home = flowHome(join(root, 'home'));
  return { root, home, files: nodeRunFiles(home, umask) };
}

const RUN = { id: 'r1', logDir: null, artifactsDir: null };
const text = (bytes: Uint8Array | null): string | null =>
  bytes === null ? null : Buffer.from(bytes).toString();
const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);

describe('files of a run', () => {
  test.each([0, 0o022, 0o777])('are 0700 and 0600 under umask %i (J4)', (umask) => {
    const before = process.umask(umask);
    onTestFinished(() => void process.umask(before));
    const { home, files } = make(umask);
    files.makeRun(RUN);
    files.makeRun(RUN);
    const { logs, runLog, artifacts } = runPaths(home, RUN);
    const dir = home.tryDir('r1', 3, 1);
    files.makeTry(dir);
    files.create(runLog, 'a');
    files.append(runLog, 'b');
    files.append(join(logs, 'new'), 'b');
    const dirs = [home.root, home.work('r1'), home.scratch('r1'), logs, artifacts!, dirname(dir), dir];
    expect(dirs.map(mode)).toEqual(dirs.map(() => '700'));
    const plain = [runLog, join(logs, 'new')];
    expect(plain.map(mode)).toEqual(plain.map(() => '600'));
    expect(text(files.read(runLog, 10))).toBe('ab');
  });

  test('a private file must not exist, and no link is followed (E11)', () => {
    const { root, files } = make();
    const [there, link] = [join(root, 'there'), join(root, 'link')];
    files.create(there, 'x');
    symlinkSync(there, link);
    expect(() => files.create(there, 'y')).toThrow('EEXIST');
    expect(() => files.create(link, 'y')).toThrow('EEXIST');
    expect(() => files.append(link, 'y')).toThrow('ELOOP');
    files.create(join(root, 'gone', 'log'), new Uint8Array([0x79]));
    expect(text(files.read(join(root, 'gone', 'log'), 10))).toBe('y');
    expect(text(files.read(there, 10))).toBe('x');
  });

  test('a file that somebody has opened to others stays so when more is appended', () => {
    const { root, files } = make();
    const path = join(root, 'new', 'log');
    files.append(path, 'a');
    chmodSync(path, 0o644);
    files.append(path, 'b');
    expect([text(files.read(path, 10)), mode(path)]).toEqual(['ab', '644']);
  });

  test('a folder cannot be made below a file or a link to nowhere', () => {
    const { root, files } = make();
    writeFileSync(join(root, 'f'), '');
    symlinkSync(join(root, 'nowhere'), join(root, 'link'));
    expect(() => files.makeTry(join(root, 'f', 'try'))).toThrow('ENOTDIR');
    expect(() => files.makeTry(join(root, 'link', 'try'))).toThrow('EEXIST');
  });

  test('reading is bounded and shows that there is more', () => {
    const { root, files } = make();
    const path = join(root, 'f');
    writeFileSync(path, 'abcdef');
    expect(text(files.read(path, 3))).toBe('abcd');
    expect(text(files.read(path, 6))).toBe('abcdef');
    expect(files.read(join(root, 'none'), 3)).toBeNull();
    expect(files.read(join(path, 'below'), 3)).toBeNull();
    expect(files.tail(join(path, 'below')).read(3)).toBeNull();
  });

  test('what is no regular file is not read', () => {
    const { root, files } = make();
    execFileSync('mkfifo', [join(root, 'fifo')]);
    expect(() => files.read(join(root, 'fifo'), 3)).toThrow('not a regular file');
    expect(() => files.read('/dev/zero', 3)).toThrow('not a regular file');
    expect(() => files.read(root, 3)).toThrow('not a regular file');
  });

  test('kind and remove', () => {
    const { root, files } = make();
    mkdirSync(join(root, 'd'));
    writeFileSync(join(root, 'f'), '');
    expect(['d', 'f', 'none', 'f/below'].map((name) => files.kind(join(root, name)))).toEqual([
      'directory',
      'other',
      null,
      null,
    ]);
    files.remove(join(root, 'f'));
    files.remove(join(root, 'f'));
    expect(files.kind(join(root, 'f'))).toBeNull();
  });
});

describe('a tail', () => {
  test('gives what came since the last call, bounded, byte for byte', () => {
    const { root, files } = make();
    const path = join(root, 'log');
    const tail = files.tail(path);
    expect(tail.read(10)).toBeNull();
    writeFileSync(path, Buffer.from([0, 255, 10, 195]));
    expect(tail.read(3)).toEqual(new Uint8Array([0, 255, 10]));
    expect(tail.read(3)).toEqual(new Uint8Array([195]));
    expect(tail.read(3)).toBeNull();
    appendFileSync(path, 'more');
    expect(text(tail.read(100))).toBe('more');
    tail.close();
    tail.close();
  });

  test('goes on at the start of a file that was truncated', () => {
    const { root, files } = make();
    const path = join(root, 'log');
    writeFileSync(path, 'long text');
    const tail = files.tail(path);
    tail.read(100);
    truncateSync(path, 0);
    appendFileSync(path, 'new');
    expect(text(tail.read(100))).toBe('new');
    tail.close();
  });
});
