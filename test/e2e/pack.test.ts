import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { place } from '../support/flow.ts';

/** On Node 20 this builds better-sqlite3 once more, as it would on the machine of a user. */
test(
  'npm pack gives a package that installs and runs elsewhere',
  async () => {
    const at = place();
    // The bundle is built already, so the scripts that would build it again are left out.
    await execa('npm', ['pack', '--ignore-scripts', '--pack-destination', at.dir]);
    const archive = readdirSync(at.dir).find((name) => name.endsWith('.tgz'));
    writeFileSync(join(at.dir, 'package.json'), '{"private": true}');
    const needsDriver = process.versions.node.startsWith('20.');
    const install = ['install', '--no-audit', '--no-fund', ...(needsDriver ? [] : ['--omit=optional'])];
    await execa('npm', [...install, `./${archive ?? ''}`], { cwd: at.dir });
    const dag = at.write('elsewhere.yaml', 'steps: [{id: a, run: echo it runs elsewhere}]\n');
    const bin = join(at.dir, 'node_modules', 'flow', 'bin', 'flow.js');
    const result = await execa(process.execPath, [bin, 'run', dag], {
      cwd: at.dir,
      env: { FLOW_HOME: at.home },
    });
    expect(result.stdout).toContain('it runs elsewhere');
    expect(readdirSync(join(at.dir, 'node_modules', 'flow')).sort()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'bin',
      'dags',
      'dist',
      'package.json',
    ]);
  },
  10 * 60_000,
);
