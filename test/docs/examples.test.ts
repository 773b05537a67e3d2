import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { load } from '../support/diagnose.ts';
import { place } from '../support/flow.ts';
import { blocksOf } from '../support/markdown.ts';

/** The pages for users; docs/codes.md, whose examples are wrong on purpose, has a test of its own. */
const pages = [
  'README.md',
  ...readdirSync('docs')
    .filter((name) => name.endsWith('.md') && name !== 'codes.md')
    .map((name) => join('docs', name)),
].filter((page) => existsSync(page));

const examples = pages.flatMap((page) =>
  blocksOf(readFileSync(page, 'utf8'))
    .filter(({ info }) => /^ya?ml\b/.test(info))
    .map(({ info, text, line }) => ({ where: `${page}:${line}`, info, text })),
);

describe('the examples in the documentation', () => {
  test('there are some, and their marks are known', () => {
    expect(examples.length).toBeGreaterThan(10);
    expect(examples.filter(({ info }) => info !== 'yaml' && info !== 'yaml run')).toEqual([]);
  });

  test.for(examples)('$where is valid, without a warning', ({ text }, { expect }) => {
    expect(load(text).diagnostics.map(({ code, message }) => `${code} ${message}`)).toEqual([]);
  });

  const runnable = examples.filter(({ info }) => info === 'yaml run');
  test.concurrent.for(runnable)('$where runs', async ({ text }, { expect, onTestFinished }) => {
    const at = place(onTestFinished);
    at.write('dag.yaml', text);
    const { code, stderr } = await at.flow(['run', 'dag.yaml']);
    expect(code, stderr).toBe(0);
  });

  test('links to other pages lead somewhere', () => {
    const links = pages.flatMap((page) =>
      [...readFileSync(page, 'utf8').matchAll(/\]\((?!https?:)([^)#\s]+)/g)].map(([, to]) =>
        join(page, '..', to ?? ''),
      ),
    );
    expect(links.filter((to) => !existsSync(to))).toEqual([]);
  });
});
