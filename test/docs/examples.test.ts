import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { load } from '../support/diagnose.ts';
import { place } from '../support/flow.ts';
import { blocksOf, fileOf, pages } from '../support/markdown.ts';

/**
 * The blocks of the pages for users, by the words behind their fences: `yaml` is a valid DAG, `yaml run` also runs to
 * success, `yaml wrong` has an error, `yaml base` is valid under a DAG, `yaml config` is a configuration file, `yaml ci`
 * tells a CI system to run flow; `ini` is a systemd unit; `sh` is checked by a shell, `json` by json.test.ts. A page that
 * shows console blocks has them performed by sessions.test.ts, `js` and `ts` are programs that test/e2e/library.test.ts
 * runs and compiles. docs/codes.md, wrong on purpose, has a test of its own.
 */
const KINDS = [
  'yaml',
  'yaml run',
  'yaml wrong',
  'yaml base',
  'yaml config',
  'yaml ci',
  'ini',
  'sh',
  'console',
  'json',
  'js',
  'ts',
];

const docs = pages().filter((page) => page !== 'docs/codes.md');
const all = ['README.md', ...docs].flatMap((page) =>
  blocksOf(readFileSync(page, 'utf8')).map((block) => ({ where: `${page}:${block.line}`, page, ...block })),
);
const withInfo = (...infos: string[]): typeof all => all.filter(({ info }) => infos.includes(info));

describe('the examples in the documentation', () => {
  test('there are some, and something looks at each block', () => {
    expect(withInfo('yaml', 'yaml run').length).toBeGreaterThan(40);
    const unseen = all.filter(
      ({ page, info }) => !KINDS.includes(info) && (page !== 'README.md' || /^ya?ml\b/.test(info)),
    );
    expect(unseen.map(({ where, info }) => `${where} ${info}`)).toEqual([]);
    const nameless = withInfo('yaml wrong', 'yaml base').filter((block) => fileOf(block) === null);
    expect(nameless.map(({ where }) => where)).toEqual([]);
  });

  test('every page is looked at, and docs/README.md names each', () => {
    const index = [...readFileSync('docs/README.md', 'utf8').matchAll(/^- \[[^\]]+\]\(([^)]+)\): ./gm)];
    const named = index.map(([, to]) => join('docs', to ?? ''));
    const listed = execFileSync('find', ['docs', '-name', '*.md'], { encoding: 'utf8' }).trim().split('\n');
    expect(listed.sort()).toEqual(pages());
    const own = pages().filter((page) => page !== 'docs/README.md' && !page.startsWith('docs/decisions/'));
    expect(named.filter((page) => page !== 'docs/decisions').sort()).toEqual(own);
    expect(named).toContain('docs/decisions');
  });

  test.for(withInfo('yaml', 'yaml run'))('$where is valid, without a warning', ({ text }, { expect }) => {
    expect(load(text).diagnostics.map(({ code, message }) => `${code} ${message}`)).toEqual([]);
  });

  test.for(withInfo('yaml wrong'))('$where is refused', ({ text }, { expect }) => {
    expect(load(text).dag).toBe(null);
  });

  test.concurrent.for(withInfo('yaml base'))(
    '$where is a base file',
    async ({ text }, { expect, onTestFinished }) => {
      const at = place(onTestFinished);
      at.write('base.yaml', text);
      at.write('dag.yaml', 'steps: [{run: echo}]\n');
      const outcome = await at.flow(['validate', '--strict', '--base', 'base.yaml', 'dag.yaml']);
      expect(outcome).toEqual({ code: 0, stdout: '', stderr: '' });
    },
  );

  test.concurrent.for(withInfo('yaml config'))(
    '$where is a configuration file',
    async ({ text }, { expect, onTestFinished }) => {
      const at = place(onTestFinished);
      at.write('flow.config.yaml', text);
      at.write('dag.yaml', 'steps: [{run: echo}]\n');
      const outcome = await at.flow(['validate', '--strict', 'dag.yaml']);
      expect(outcome).toEqual({ code: 0, stdout: '', stderr: '' });
    },
  );

  test.for(withInfo('yaml ci'))(
    '$where is YAML, and runs flow with options that it has',
    async ({ text }, { expect, onTestFinished }) => {
      const commands = [...JSON.stringify(parse(text)).matchAll(/npx flow (\w+) ([^"]*)/g)];
      expect(commands.length).toBeGreaterThan(0);
      const at = place(onTestFinished);
      for (const [, command = '', words = ''] of commands) {
        const { stdout } = await at.flow([command, '--help']);
        for (const word of words.split(' ').filter((one) => one.startsWith('--'))) {
          expect(stdout).toContain(`${word} `);
        }
      }
    },
  );

  test.for(withInfo('ini'))('$where has sections and settings only (systemd.syntax(7))', ({ text }) => {
    const wrong = text.split('\n').filter((line) => line !== '' && !/^(\[\w+\]|[A-Z]\w+=\S.*)$/.test(line));
    expect(wrong).toEqual([]);
  });

  test.for(withInfo('sh'))('$where is what a shell can read', ({ text }) => {
    execFileSync('sh', ['-n'], { input: text });
  });

  test.concurrent.for(withInfo('yaml run'))('$where runs', async ({ text }, { expect, onTestFinished }) => {
    const at = place(onTestFinished);
    at.write('dag.yaml', text);
    const { code, stderr } = await at.flow(['run', 'dag.yaml']);
    expect(code, stderr).toBe(0);
  });

  test('links to other pages lead somewhere', () => {
    const links = ['README.md', ...pages()].flatMap((page) =>
      [...readFileSync(page, 'utf8').matchAll(/\]\((?!https?:)([^)#\s]+)/g)].map(([, to]) =>
        join(page, '..', to ?? ''),
      ),
    );
    expect(links.length).toBeGreaterThan(10);
    expect(links.filter((to) => !existsSync(to))).toEqual([]);
  });
});
