import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';

const SRC = resolve('src');

/** Rooms from top to bottom; a file may import its own room and the rooms of lower rows. */
const ROWS = [
  ['main', 'index', 'pipe', 'lock', 'complete', 'man'],
  ['cli', 'lib'],
  ['scheduler', 'machine'],
  ['engine', 'report'],
  ['actions', 'language', 'process', 'store'],
  ['core'],
  ['errors', 'term'],
  ['base'],
];

/** Each outside package enters through one file. */
const DOORS: Readonly<Record<string, string>> = {
  commander: 'cli/program.ts',
  yaml: 'base/yaml.ts',
  zod: 'language/schema.ts',
  execa: 'process/command.ts',
  chalk: 'term/color.ts',
  re2js: 'base/regexp.ts',
  '@cfworker/json-schema': 'base/json-schema.ts',
  'jq-wasm': 'actions/jq.ts',
  'csv-parse/sync': 'actions/data/csv.ts',
  'csv-parse': 'actions/data/csv.ts',
  'better-sqlite3': 'store/sqlite/driver.ts',
  'node:sqlite': 'store/sqlite/driver.ts',
};

interface File {
  /** Relative to src. */
  readonly name: string;
  readonly room: string;
  readonly imports: readonly string[];
  readonly packages: readonly string[];
}

const files: File[] = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
  .map((name) => {
    const found = ts
      .preProcessFile(readFileSync(join(SRC, name), 'utf8'))
      .importedFiles.map((f) => f.fileName);
    const local = found.filter((target) => target.startsWith('.'));
    return {
      name,
      room: roomOf(name),
      imports: local.map((target) => relative(SRC, resolve(SRC, dirname(name), target))),
      packages: found.filter((target) => !target.startsWith('.')),
    };
  });
const byName = new Map(files.map((file) => [file.name, file]));

function roomOf(name: string): string {
  return name.includes('/') ? (name.split('/')[0] ?? '') : name.replace('.ts', '');
}

function row(room: string): number {
  return ROWS.findIndex((rooms) => rooms.includes(room));
}

describe('architecture: imports run one way', () => {
  test('the check sees the files: a checker that sees nothing must not be green', () => {
    expect(files.length).toBeGreaterThan(60);
    expect(files.filter((file) => file.imports.length > 0).length).toBeGreaterThan(50);
    expect(files.map((file) => file.room).filter((room) => row(room) < 0)).toEqual([]);
  });

  test('every import leads to a file, and downwards or within its room', () => {
    const wrong = files.flatMap((file) =>
      file.imports
        .filter(
          (target) =>
            !byName.has(target) || (roomOf(target) !== file.room && row(roomOf(target)) <= row(file.room)),
        )
        .map((target) => `${file.name} -> ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  test('there are no cycles', () => {
    const state = new Map<string, 'open' | 'done'>();
    const cycles: string[] = [];
    const visit = (name: string, path: readonly string[]): void => {
      if (state.get(name) === 'done') return;
      if (state.get(name) === 'open') {
        cycles.push([...path.slice(path.indexOf(name)), name].join(' -> '));
        return;
      }
      state.set(name, 'open');
      for (const target of byName.get(name)?.imports ?? []) visit(target, [...path, name]);
      state.set(name, 'done');
    };
    for (const file of files) visit(file.name, []);
    expect(cycles).toEqual([]);
  });

  test('core and language touch nothing outside; core imports no package', () => {
    const wrong = files
      .filter((file) => file.room === 'core' || file.room === 'language')
      .flatMap((file) =>
        file.packages
          .filter((p) => p.startsWith('node:') || file.room === 'core')
          .map((p) => `${file.name}: ${p}`),
      );
    expect(wrong).toEqual([]);
  });

  test('the engine reaches disk, processes, time and network through ports only (RELIABILITY.md §8.3)', () => {
    const pure = ['node:crypto', 'node:os', 'node:path'];
    const wrong = files
      .filter((file) => file.room === 'engine')
      .flatMap((file) =>
        file.packages
          .filter((name) => name.startsWith('node:') && !pure.includes(name))
          .map((name) => `${file.name}: ${name}`),
      );
    expect(wrong).toEqual([]);
  });

  test('each outside package enters through one file', () => {
    const outside = files.flatMap((file) =>
      file.packages
        .filter((p) => !p.startsWith('node:') || p === 'node:sqlite')
        .map((p) => `${p} in ${file.name}`),
    );
    for (const entry of outside) {
      const [name, file] = entry.split(' in ');
      expect(DOORS[name ?? ''], entry).toBe(file);
    }
    const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Record<
      string,
      Record<string, string>
    >;
    const declared = [
      ...Object.keys(manifest['dependencies'] ?? {}),
      ...Object.keys(manifest['optionalDependencies'] ?? {}),
    ];
    expect(declared.filter((name) => !(name in DOORS))).toEqual([]);
  });

  test('no file is too long to take in', () => {
    const long = files.map(
      (file) => [file.name, readFileSync(join(SRC, file.name), 'utf8').split('\n').length] as const,
    );
    expect(long.filter(([, lines]) => lines > 350)).toEqual([]);
  });
});
