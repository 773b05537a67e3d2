import { build } from 'esbuild';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

/**
 * Bundles one source file of the repository so that a child process can import it on any supported Node. The
 * result lies below node_modules, where the packages are found, until the test ends.
 */
export async function compile(source: string): Promise<string> {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const cache = `${root}node_modules/.cache/flow-test/`;
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(cache);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const outfile = `${folder}/module.mjs`;
  await build({
    absWorkingDir: root,
    entryPoints: [source],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    logLevel: 'warning',
  });
  return outfile;
}
