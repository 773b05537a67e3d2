import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { testIo } from '../http/support.ts';
import { directory, done } from '../support.ts';

let cwd = '';
beforeEach(() => {
  cwd = directory();
});

const act = (name: string, given: object) => done(name, given, testIo({ cwd, env: { HOME: cwd } }));
const at = (name: string): string => join(cwd, name);
const mode = (name: string): number => statSync(at(name)).mode & 0o7777;
/** Everything below the directory, so that a file that was left behind is seen. */
const tree = (): string[] => readdirSync(cwd, { recursive: true, encoding: 'utf8' }).sort();

describe('file.write (§19.1)', () => {
  test('0600 whatever the umask, and the mode that is asked for', async () => {
    const { outputs } = await act('file.write', { path: 'a.txt', content: 'é\n' });
    expect(outputs).toEqual({ path: at('a.txt'), size: 3, written: true });
    expect([readFileSync(at('a.txt'), 'utf8'), mode('a.txt')]).toEqual(['é\n', 0o600]);
    await act('file.write', { path: 'b', content: '', mode: '0666' });
    await act('file.write', { path: '~/c', content: '', mode: 755 });
    expect([mode('b'), mode('c')]).toEqual([0o666, 0o755]);
  });

  test('an existing file stays unless overwrite; nothing is left behind', async () => {
    writeFileSync(at('a'), 'old');
    expect((await act('file.write', { path: 'a', content: 'new' })).failure).toMatch(/exists already/);
    expect(readFileSync(at('a'), 'utf8')).toBe('old');
    await act('file.write', { path: 'a', content: 'new', overwrite: true });
    expect([readFileSync(at('a'), 'utf8'), tree()]).toEqual(['new', ['a']]);
  });

  test('atomic: a link is replaced, not followed; atomic: false writes into the file itself', async () => {
    writeFileSync(at('real'), 'old and longer');
    symlinkSync('real', at('link'));
    await act('file.write', { path: 'link', content: 'new', overwrite: true, atomic: false });
    expect([readFileSync(at('real'), 'utf8'), readlinkSync(at('link'))]).toEqual(['new', 'real']);
    await act('file.write', { path: 'link', content: 'own', overwrite: true });
    expect([readFileSync(at('real'), 'utf8'), readFileSync(at('link'), 'utf8')]).toEqual(['new', 'own']);
  });

  test('parents are made only with create_dirs; a directory is never replaced; dry_run changes nothing', async () => {
    expect((await act('file.write', { path: 'd/e/a', content: '' })).failure).toMatch(
      /create_dirs would make it/,
    );
    const dry = await act('file.write', { path: 'd/e/a', content: 'x', create_dirs: true, dry_run: true });
    expect([dry.outputs['written'], tree()]).toEqual([false, []]);
    await act('file.write', { path: 'd/e/a', content: 'x', create_dirs: true });
    expect(tree()).toEqual(['d', 'd/e', 'd/e/a']);
    expect((await act('file.write', { path: 'd', content: '', overwrite: true })).failure).toMatch(
      /is a directory/,
    );
  });
});

describe('file.read and file.stat (§19.1)', () => {
  test('raw: the bytes themselves; not UTF-8 publishes nothing', async () => {
    writeFileSync(at('a'), 'one\n');
    writeFileSync(at('b'), Buffer.from([0xff, 0x00]));
    const a = await act('file.read', { path: 'a' });
    expect([a.printed, a.outputs]).toEqual(['one\n', { content: 'one\n' }]);
    const io = testIo({ cwd });
    expect((await done('file.read', { path: 'b' }, io)).outputs).toEqual({});
    expect(Buffer.concat(io.chunks)).toEqual(Buffer.from([0xff, 0x00]));
  });

  test('json: with path and size, numbers as written', async () => {
    writeFileSync(at('a.json'), '{"v": 1.10}');
    const { end, outputs } = await act('file.read', { path: 'a.json', format: 'json' });
    expect(outputs).toEqual({ path: at('a.json'), size: 11, content: { v: 1.1 } });
    expect(end.outputs['content']?.text).toBe('{"v":1.10}');
    writeFileSync(at('bad'), '{');
    expect((await act('file.read', { path: 'bad', format: 'json' })).failure).toMatch(/is not JSON/);
  });

  test('missing, a directory, larger than max_bytes', async () => {
    writeFileSync(at('a'), '12345');
    expect((await act('file.read', { path: 'a', max_bytes: 5 })).failure).toBeNull();
    expect((await act('file.read', { path: 'a', max_bytes: 4 })).failure).toMatch(/larger than 4 bytes/);
    expect((await act('file.read', { path: 'no' })).failure).toMatch(/does not exist \(ENOENT\)/);
    expect((await act('file.read', { path: '.' })).failure).toMatch(/is a directory/);
  });

  test('stat: a link as itself or what it leads to; missing only with missing_ok', async () => {
    writeFileSync(at('a'), 'abc');
    chmodSync(at('a'), 0o640);
    symlinkSync('a', at('link'));
    const { modified_at, ...facts } = (await act('file.stat', { path: 'a' })).outputs;
    expect(facts).toEqual({ path: at('a'), exists: true, type: 'file', size: 3, mode: '0640' });
    expect(modified_at).toBe(statSync(at('a')).mtime.toISOString());
    expect((await act('file.stat', { path: 'link' })).outputs['type']).toBe('symlink');
    expect((await act('file.stat', { path: 'link', follow_symlinks: true })).outputs['type']).toBe('file');
    expect((await act('file.stat', { path: 'no' })).failure).toMatch(/does not exist/);
    expect((await act('file.stat', { path: 'no', missing_ok: true })).outputs).toEqual({
      path: at('no'),
      exists: false,
    });
  });
});

describe('file.copy and file.move (§19.1)', () => {
  beforeEach(() => {
    mkdirSync(at('src/in'), { recursive: true });
    writeFileSync(at('src/a'), 'A', { mode: 0o640 });
    writeFileSync(at('src/in/b'), 'B');
    symlinkSync('a', at('src/link'));
  });

  test('a file with its permissions, an existing one only with overwrite', async () => {
    const { outputs } = await act('file.copy', { source: 'src/a', destination: 'a' });
    expect(outputs).toEqual({ source: at('src/a'), destination: at('a'), files: 1 });
    expect([readFileSync(at('a'), 'utf8'), mode('a')]).toEqual(['A', 0o640]);
    expect((await act('file.copy', { source: 'src/in/b', destination: 'a' })).failure).toMatch(
      /exists already/,
    );
    await act('file.move', { source: 'src/in/b', destination: 'a', overwrite: true });
    expect([readFileSync(at('a'), 'utf8'), existsSync(at('src/in/b'))]).toEqual(['B', false]);
  });

  test('a tree only with recursive; links are copied as links, or followed', async () => {
    expect((await act('file.copy', { source: 'src', destination: 'to' })).failure).toMatch(
      /recursive would take it/,
    );
    const dry = await act('file.copy', { source: 'src', destination: 'to', recursive: true, dry_run: true });
    expect([dry.outputs['files'], existsSync(at('to'))]).toEqual([3, false]);
    await act('file.copy', { source: 'src', destination: 'to', recursive: true });
    expect(readdirSync(at('to'), { recursive: true }).sort()).toEqual(['a', 'in', 'in/b', 'link']);
    expect(readlinkSync(at('to/link'))).toBe('a');
    await act('file.copy', { source: 'src', destination: 'deep', recursive: true, follow_symlinks: true });
    expect(statSync(at('deep/link')).isFile() && readFileSync(at('deep/link'), 'utf8')).toBe('A');
    expect(tree().filter((name) => name.includes('.part'))).toEqual([]);
  });

  test('overwrite merges into an existing tree; a file never replaces a directory', async () => {
    mkdirSync(at('to'));
    writeFileSync(at('to/a'), 'old');
    writeFileSync(at('to/other'), 'stays');
    const given = { source: 'src', destination: 'to', recursive: true };
    expect((await act('file.copy', given)).failure).toMatch(/exists already/);
    await act('file.move', { ...given, overwrite: true });
    expect(tree()).toEqual(['to', 'to/a', 'to/in', 'to/in/b', 'to/link', 'to/other']);
    expect(readFileSync(at('to/a'), 'utf8')).toBe('A');
    mkdirSync(at('c/x'), { recursive: true });
    writeFileSync(at('x'), '');
    const wrong = { source: 'x', destination: 'c/x', overwrite: true };
    expect((await act('file.copy', wrong)).failure).toMatch(/is a directory/);
  });

  test('never into itself, never over itself, never what is not there', async () => {
    const self = { source: 'src', destination: 'src/in/copy', recursive: true };
    expect((await act('file.copy', self)).failure).toMatch(/lies inside the source/);
    const same = { source: 'src/a', destination: 'src/link', overwrite: true };
    expect((await act('file.copy', same)).failure).toMatch(/are the same/);
    expect((await act('file.move', { source: 'no', destination: 'x' })).failure).toMatch(/does not exist/);
  });
});

describe('file.delete, file.mkdir, file.list (§19.1)', () => {
  test('delete: a link and not what it leads to; a tree only with recursive', async () => {
    mkdirSync(at('d/e'), { recursive: true });
    writeFileSync(at('d/a'), '');
    symlinkSync('d', at('link'));
    expect((await act('file.delete', { path: 'link' })).outputs).toEqual({ path: at('link'), deleted: true });
    expect((await act('file.delete', { path: 'd' })).failure).toMatch(/recursive would delete it/);
    const dry = await act('file.delete', { path: 'd', recursive: true, dry_run: true });
    expect([dry.outputs['deleted'], existsSync(at('d/a'))]).toEqual([false, true]);
    await act('file.delete', { path: 'd', recursive: true });
    expect(tree()).toEqual([]);
    expect((await act('file.delete', { path: 'd' })).failure).toMatch(/does not exist/);
    expect((await act('file.delete', { path: 'd', missing_ok: true })).outputs['deleted']).toBe(false);
    expect((await act('file.delete', { path: '/', recursive: true, dry_run: true })).failure).toMatch(
      /never/,
    );
  });

  test('mkdir: 0755, once; a file is in the way', async () => {
    expect((await act('file.mkdir', { path: 'a/b' })).failure).toMatch(/does not exist/);
    expect((await act('file.mkdir', { path: 'a/b', create_dirs: true })).outputs['created']).toBe(true);
    expect(mode('a/b')).toBe(0o755);
    expect((await act('file.mkdir', { path: 'a/b', mode: '0700' })).outputs['created']).toBe(false);
    writeFileSync(at('f'), '');
    expect((await act('file.mkdir', { path: 'f' })).failure).toMatch(/a file is in the way/);
  });

  test('list: sorted, by glob, below, with and without directories, links that go round', async () => {
    mkdirSync(at('d/in'), { recursive: true });
    for (const name of ['b.txt', 'a.txt', 'a+b.md', 'in/c.txt']) writeFileSync(at(`d/${name}`), name);
    symlinkSync('..', at('d/in/up'));
    const names = async (given: object): Promise<string[]> => {
      const files = (await act('file.list', { path: 'd', ...given })).outputs['files'] as { path: string }[];
      return files.map(({ path }) => path.slice(at('d/').length));
    };
    expect(await names({})).toEqual(['a+b.md', 'a.txt', 'b.txt']);
    expect(await names({ pattern: '[!a]*.txt' })).toEqual(['b.txt']);
    expect(await names({ pattern: 'a+?.md' })).toEqual(['a+b.md']);
    expect(await names({ recursive: true, pattern: '**/*.txt' })).toEqual(['a.txt', 'b.txt', 'in/c.txt']);
    expect(await names({ include_dirs: true, pattern: 'i*' })).toEqual(['in']);
    expect(await names({ recursive: true, follow_symlinks: true, pattern: 'c.txt' })).toEqual(['in/c.txt']);
    expect((await act('file.list', { path: 'd', pattern: 'a.txt' })).outputs['files']).toEqual([
      { path: at('d/a.txt'), type: 'file', size: 5 },
    ]);
    expect((await act('file.list', { path: 'd/a.txt' })).failure).toMatch(/is not a directory/);
  });
});

describe('artifact.* (§19.1, §21.3)', () => {
  const artifact = (name: string, given: object) =>
    done(name, given, testIo({ cwd, env: { FLOW_ARTIFACTS_DIR: at('artifacts') } }));

  beforeEach(() => mkdirSync(at('artifacts')));

  test('write, read and list name paths inside the artifacts directory', async () => {
    const written = await artifact('artifact.write', { path: 'a/b.txt', content: 'hi', create_dirs: true });
    expect(written.outputs).toEqual({ path: 'a/b.txt', size: 2, written: true });
    expect((await artifact('artifact.read', { path: 'a/b.txt' })).outputs).toEqual({ content: 'hi' });
    expect((await artifact('artifact.list', { path: '.', recursive: true })).outputs).toEqual({
      path: '.',
      files: [{ path: 'a/b.txt', type: 'file', size: 2 }],
    });
  });

  test('a symbolic link leads nowhere outside', async () => {
    mkdirSync(at('outside'));
    writeFileSync(at('outside/secret'), 'x');
    symlinkSync('../outside', at('artifacts/out'));
    symlinkSync('../outside/new', at('artifacts/dangling'));
    const outside = /must lie inside the artifacts directory|does not exist/;
    expect((await artifact('artifact.read', { path: 'out/secret' })).failure).toMatch(outside);
    expect((await artifact('artifact.write', { path: 'out/new', content: '' })).failure).toMatch(outside);
    expect((await artifact('artifact.list', { path: 'out' })).failure).toMatch(outside);
    const plain = { path: 'dangling', content: '', overwrite: true, atomic: false };
    expect((await artifact('artifact.write', plain)).failure).toMatch(outside);
    const all = await artifact('artifact.list', { path: '.', recursive: true, follow_symlinks: true });
    expect((all.outputs['files'] as { type: string }[]).map(({ type }) => type)).toEqual([
      'symlink',
      'symlink',
    ]);
    expect(readdirSync(at('outside'))).toEqual(['secret']);
  });

  test('without a directory there are no artifacts', async () => {
    expect((await act('artifact.read', { path: 'a' })).failure).toMatch(/artifacts are disabled/);
  });
});
