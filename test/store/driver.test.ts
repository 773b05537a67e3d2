import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FlowError } from '../../src/errors/diagnostic.ts';
import { EXIT } from '../../src/errors/exit-codes.ts';
import { chooseDriver, requireDriver } from '../../src/store/sqlite/driver.ts';
import { compile } from '../support/compile.ts';
import { hasDriver } from '../support/drivers.ts';

describe('the choice of the driver (§2.2)', () => {
  test.each([
    ['20.20.2', false, 'better-sqlite3'],
    ['22.12.0', true, 'better-sqlite3'],
    ['22.13.0', true, 'node:sqlite'],
    ['22.13.0', false, 'better-sqlite3'],
    ['23.0.0', true, 'node:sqlite'],
    ['26.1.0', true, 'node:sqlite'],
  ] as const)('Node %s, built in: %s → %s', (version, builtin, expected) => {
    expect(chooseDriver(version, builtin)).toBe(expected);
  });

  test('the driver of this Node is here, so the contract ran with one at least', () => {
    expect(hasDriver(chooseDriver())).toBe(true);
  });

  test('one process loads exactly one driver, and prints no warning', async () => {
    const module = await compile('src/store/sqlite/driver.ts');
    const script = `
      const { chooseDriver, loadDriver } = await import(process.argv[1]);
      const maps = () => process.report.getReport().sharedObjects.some((path) => path.endsWith('better_sqlite3.node'));
      const seen = () => [process.moduleLoadList.includes('NativeModule sqlite'), maps()].join();
      const before = seen();
      const name = chooseDriver();
      loadDriver(name)(':memory:', 'write').close();
      console.log([before, name, seen()].join(' '));`;
    const child = spawnSync(process.execPath, ['--input-type=module', '-e', script, module], {
      encoding: 'utf8',
    });
    const name = chooseDriver();
    expect(child.stderr).toBe('');
    expect(child.stdout.trim()).toBe(
      `false,false ${name} ${name === 'node:sqlite' ? 'true,false' : 'false,true'}`,
    );
  });
});

describe('better-sqlite3 that does not work', () => {
  let root: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'flow-driver-'));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  function failure(): FlowError {
    try {
      requireDriver('better-sqlite3', createRequire(join(root, 'main.js')));
    } catch (error) {
      if (error instanceof FlowError) return error;
    }
    throw new Error('expected a FlowError');
  }

  test('not installed: the line that installs it, and the Node that needs none', () => {
    const { exitCode, diagnostics } = failure();
    expect(exitCode).toBe(EXIT.fault);
    expect(diagnostics[0]!.message).toContain('better-sqlite3 is not installed');
    expect(diagnostics[0]!.hint).toContain('npm install better-sqlite3@12');
    expect(diagnostics[0]!.hint).toContain('Node 22.13');
  });

  test('installed but not built: the line that builds it', () => {
    const require = createRequire(import.meta.url);
    const modules = join(root, 'node_modules');
    const copy = (path: string, name: string): void => cpSync(path, join(modules, name), { recursive: true });
    const source = dirname(require.resolve('better-sqlite3/package.json'));
    mkdirSync(join(modules, 'better-sqlite3'), { recursive: true });
    copy(join(source, 'package.json'), 'better-sqlite3/package.json');
    copy(join(source, 'lib'), 'better-sqlite3/lib');
    const bindings = createRequire(join(source, 'package.json')).resolve('bindings/package.json');
    copy(dirname(bindings), 'bindings');
    copy(dirname(createRequire(bindings).resolve('file-uri-to-path/package.json')), 'file-uri-to-path');
    const { exitCode, diagnostics } = failure();
    expect(exitCode).toBe(EXIT.fault);
    expect(diagnostics[0]!.message).toMatch(/cannot be loaded: Could not locate the bindings file/);
    expect(diagnostics[0]!.hint).toContain('npm rebuild better-sqlite3');
    expect(diagnostics[0]!.hint).toContain(root);
  });
});
