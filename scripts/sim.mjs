// Bundles the simulation of RELIABILITY.md §8.3 and runs it: npm run sim -- --seed N, npm run sim -- --runs N
import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const cache = `${root}node_modules/.cache/flow-sim/`;
mkdirSync(cache, { recursive: true });
const folder = mkdtempSync(cache);
try {
  const outfile = `${folder}/main.mjs`;
  await build({
    absWorkingDir: root,
    entryPoints: ['test/sim/main.ts'],
    ...{ outfile, bundle: true, format: 'esm', platform: 'node', target: 'node20', packages: 'external' },
    logLevel: 'warning',
  });
  const { status } = spawnSync(process.execPath, [...(process.env.FLOW_SIM_NODE ?? "").split(" ").filter(Boolean), '--enable-source-maps', outfile, ...process.argv.slice(2)], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
