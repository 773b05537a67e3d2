import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { planRun } from '../../src/core/shell.ts';
import type { NamedShell, RunInput } from '../../src/core/shell.ts';

function named(shell: string, args: string[] = [], packages: string[] = []): NamedShell {
  return { words: shell === '' ? [] : shell.split(' '), args, packages };
}

function input(overrides: Partial<RunInput>): RunInput {
  return {
    form: 'command',
    texts: ['TEXT'],
    step: null,
    root: null,
    defaultShell: 'sh',
    scriptPath: '/try/script',
    ...overrides,
  };
}

/** The only argument vector in one line, or the error. */
function argv(overrides: Partial<RunInput>): string {
  const plan = planRun(input(overrides));
  if ('error' in plan) return `${plan.error.code} ${plan.error.message}`;
  expect(plan.commands).toHaveLength(1);
  return plan.commands[0]?.join(' ') ?? '';
}

const script: Partial<RunInput> = { form: 'script', texts: ['TEXT\n'] };

describe('families (§6.2)', () => {
  test.each(['sh', 'bash', 'zsh', 'ksh', 'ash', 'dash', '/usr/bin/bash', 'BASH.EXE'])(
    '%s at the root',
    (shell) => {
      expect(argv({ root: named(`${shell} -x`, ['-u']) })).toBe(`${shell} -x -u -e -c TEXT`);
      expect(argv({ root: named(shell), ...script })).toBe(`${shell} -e /try/script`);
    },
  );

  test('-e is not added when the step names its shell', () => {
    expect(argv({ step: named('bash -o pipefail') })).toBe('bash -o pipefail -c TEXT');
    expect(argv({ step: named('bash'), ...script })).toBe('bash /try/script');
  });

  test.each(['-e', '-eu', '-xe', '-o errexit', '-uo errexit'])('-e is not added beside %s', (flags) => {
    expect(argv({ root: named(`bash ${flags}`) })).toBe(`bash ${flags} -c TEXT`);
    expect(argv({ root: named('bash', flags.split(' ')), ...script })).toBe(`bash ${flags} /try/script`);
  });

  test('other arguments are no -e', () => {
    expect(argv({ root: named('bash -o pipefail --noprofile errexit') })).toBe(
      'bash -o pipefail --noprofile errexit -e -c TEXT',
    );
  });

  test('pwsh stops on error in command form, whoever names it', () => {
    for (const who of ['step', 'root'] as const) {
      const plan = argv({ [who]: named('pwsh') });
      expect(plan).toMatch(
        /^pwsh -NoProfile -NonInteractive -Command \$ErrorActionPreference = 'Stop'; .*UTF8.*; TEXT$/,
      );
    }
    expect(argv({ step: named('pwsh -NoLogo'), ...script })).toBe(
      'pwsh -NoLogo -ExecutionPolicy Bypass -File /try/script',
    );
  });

  test('nix-shell', () => {
    const packages = ['jq', 'curl'];
    expect(argv({ step: named('nix-shell', [], packages) })).toBe('nix-shell -p jq curl --pure --run TEXT');
    expect(argv({ root: named('nix-shell', [], packages) })).toBe(
      'nix-shell -p jq curl --pure --run set -e; TEXT',
    );
    expect(argv({ root: named('nix-shell', [], packages), ...script })).toBe(
      "nix-shell -p jq curl --pure --run bash -e '/try/script'",
    );
    expect(argv({ step: named('nix-shell --keep X'), ...script })).toBe(
      "nix-shell --keep X --pure --run bash '/try/script'",
    );
  });

  test('any other shell gets -c and nothing else', () => {
    expect(argv({ root: named('fish -N') })).toBe('fish -N -c TEXT');
    expect(argv({ root: named('/opt/my.sh'), ...script })).toBe('/opt/my.sh /try/script');
  });
});

describe('which shell (§6.2)', () => {
  test('step, root, default', () => {
    const all = { step: named('zsh'), root: named('bash'), defaultShell: 'dash -u' };
    expect(argv(all)).toBe('zsh -c TEXT');
    expect(argv({ ...all, step: null })).toBe('bash -e -c TEXT');
    expect(argv({ ...all, step: null, root: null })).toBe('dash -u -e -c TEXT');
    expect(argv({ ...all, step: named('') }), 'resolved to nothing').toBe('bash -e -c TEXT');
    expect(argv({ defaultShell: '' })).toBe('sh -e -c TEXT');
  });
});

describe('forms (§6.1)', () => {
  test('each entry of a list has a fresh shell', () => {
    expect(planRun(input({ form: 'commands', texts: ['one', 'two'] }))).toEqual({
      commands: [
        ['sh', '-e', '-c', 'one'],
        ['sh', '-e', '-c', 'two'],
      ],
      script: null,
    });
  });

  test('a script hands its text on', () => {
    expect(planRun(input({ form: 'script', texts: ['echo a\necho b\n'] }))).toEqual({
      commands: [['sh', '-e', '/try/script']],
      script: 'echo a\necho b\n',
    });
  });

  test('a line break after substitution is R301 and is not shown', () => {
    expect(argv({ texts: ['echo secret\nrm'] })).toMatch(/^R301 run: contains a line break/);
    expect(argv({ form: 'commands', texts: ['a', 'b\nc'] })).toMatch(/^R301 run\[1\]: contains a line break/);
    expect(argv({ texts: ['echo secret\nrm'] })).not.toContain('secret');
  });
});

describe('the flag before a command (R302, §6.2)', () => {
  test.each([
    ['bash -c', 'bash -c TEXT'],
    ['bash -x -c', 'bash -x -c TEXT'],
    ['fish -c', 'fish -c TEXT'],
    ['nix-shell --run', 'nix-shell --pure --run TEXT'],
  ])('%s may be written as the last argument', (shell, expected) => {
    expect(argv({ step: named(shell) })).toBe(expected);
    expect(argv({ step: named(shell), ...script })).toMatch(
      /^R302 (-c|--run) is not allowed in script form$/,
    );
  });

  test('pwsh -Command as well', () => {
    expect(argv({ step: named('pwsh -Command') })).toMatch(
      /^pwsh -NoProfile -NonInteractive -Command .*TEXT$/,
    );
    expect(argv({ step: named('pwsh -Command'), ...script })).toBe(
      'R302 -Command is not allowed in script form',
    );
  });

  test.each(['bash -c -x', 'fish -c -N', 'nix-shell --run -q', 'pwsh -Command -NoLogo'])(
    '%s: not last',
    (shell) => {
      expect(argv({ step: named(shell) })).toMatch(/^R302 (-c|--run|-Command) must be the last argument/);
    },
  );

  test.each([
    ['bash -lc', '-lc'],
    ['bash -cecho', '-c…'],
    ['sh -xc -e', '-xc'],
    ['fish --command=ls', '--command=…'],
    ['nix-shell --run=ls', '--run=…'],
    ['nix-shell --command', '--command'],
    ['pwsh -Command:ls', '-Command:…'],
    ['pwsh -EncodedCommand', '-EncodedCommand'],
    ['pwsh -enc', '-enc'],
    ['pwsh -Com', '-Com'],
  ])('%s: joined and long forms', (shell, flag) => {
    expect(argv({ step: named(shell) })).toMatch(/^R302 .* is not allowed, write .* as the last argument$/);
    expect(argv({ step: named(shell) })).toContain(` ${flag} is`);
    expect(argv({ step: named(shell), ...script })).toBe(`R302 ${flag} is not allowed in script form`);
  });

  test.each([
    'bash --norc',
    'bash --rcfile x',
    'bash -C',
    'pwsh -NoLogo',
    'pwsh -ConfigurationName x',
    'nix-shell -Q',
  ])('%s has no such flag', (shell) => {
    expect(argv({ step: named(shell) })).not.toContain('R302');
  });
});

describe('first line #! (§6.3)', () => {
  const text = (line: string): Partial<RunInput> => ({ form: 'script', texts: [`${line}\nprint(1)\n`] });

  test.each([
    ['#!/usr/bin/env python3', '/usr/bin/env python3 /try/script'],
    ['#! python3 -u', 'python3 -u /try/script'],
    ['#!\'/opt/my python\' "-X a"', '/opt/my python -X a /try/script'],
    ['#!/bin/echo $HOME\r', '/bin/echo $HOME /try/script'],
  ])('%s', (line, expected) => {
    expect(argv(text(line))).toBe(expected);
    expect(argv({ ...text(line), root: named('bash -lc', [], ['x']) }), 'instead of any shell').toBe(
      expected,
    );
  });

  test('a step that names its shell uses it', () => {
    expect(argv({ ...text('#!python3'), step: named('bash') })).toBe('bash /try/script');
  });

  test('only at the very start, and only in script form', () => {
    expect(argv(text(' #!python3'))).toBe('sh -e /try/script');
    expect(argv({ texts: ['#!python3'] })).toBe('sh -e -c #!python3');
  });

  test.each(['#!', '#!   ', "#!'unclosed", '#!""'])('%s is R303', (line) => {
    expect(argv(text(line))).toMatch(/^R303 shebang: /);
  });
});

test('packages are for nix-shell only (R305)', () => {
  expect(argv({ step: named('bash', [], ['jq']) })).toBe(
    'R305 shell_packages: only nix-shell takes packages, the shell is bash',
  );
});

describe('in a real shell', () => {
  const run = (overrides: Partial<RunInput>) => {
    const plan = planRun(input(overrides));
    if ('error' in plan) throw new Error(plan.error.message);
    const [program = '', ...args] = plan.commands[0] ?? [];
    return spawnSync(program, args, { encoding: 'utf8' });
  };

  test('a command stops at the first error unless the step names its shell', () => {
    expect(run({ texts: ['false; echo on'] })).toMatchObject({ status: 1, stdout: '' });
    expect(run({ texts: ['false; echo on'], step: named('sh') })).toMatchObject({
      status: 0,
      stdout: 'on\n',
    });
  });

  test('a script is run by its shell or its interpreter', () => {
    const dir = mkdtempSync(join(tmpdir(), 'flow-shell-'));
    try {
      const scriptPath = join(dir, 'script');
      writeFileSync(scriptPath, '#!/bin/cat\nfalse\necho on\n');
      const texts = ['#!/bin/cat\nfalse\necho on\n'];
      expect(run({ form: 'script', texts, scriptPath }).stdout).toBe(texts[0]);
      expect(run({ form: 'script', texts, scriptPath, step: named('sh') })).toMatchObject({
        status: 0,
        stdout: 'on\n',
      });
      expect(run({ form: 'script', texts: ['x\n'], scriptPath })).toMatchObject({ status: 1, stdout: '' });
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});
