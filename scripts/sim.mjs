// Bundles the simulation of RELIABILITY.md §8.3 and runs it, seeds and exhaustive part on all cores:
// npm run sim -- --seed N · npm run sim -- --runs N [--seed FIRST] · npm run sim -- --exhaustive · npm run sim -- --found;
// the same with --daemons: schedules and daemons instead of single runs.
import { build } from 'esbuild';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const cache = `${root}node_modules/.cache/flow-sim/`;
const args = process.argv.slice(2);

async function work(outfile, parts, part) {
  const argv = ['--enable-source-maps', outfile, ...args, '--part', `${part}/${parts}`];
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [out, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  const lines = out.trimEnd().split('\n');
  const totals = lines.pop() ?? '';
  if (lines.length > 0) console.log(lines.join('\n'));
  if (!totals.startsWith('{')) throw new Error(`a simulation ended with ${code}: ${totals}`);
  return JSON.parse(totals);
}

mkdirSync(cache, { recursive: true });
const folder = mkdtempSync(cache);
const began = performance.now();
try {
  const outfile = `${folder}/main.mjs`;
  await build({
    absWorkingDir: root,
    entryPoints: ['test/sim/main.ts'],
    ...{ outfile, bundle: true, format: 'esm', platform: 'node', target: 'node20', packages: 'external' },
    sourcemap: 'inline',
    logLevel: 'warning',
  });
  const parts =
    !args.includes('--only') && (args.includes('--runs') || args.includes('--exhaustive'))
      ? availableParallelism()
      : 1;
  const done = await Promise.all(Array.from({ length: parts }, (_, part) => work(outfile, parts, part)));
  const totals = {};
  for (const one of done) for (const [name, n] of Object.entries(one)) totals[name] = (totals[name] ?? 0) + n;
  console.log(JSON.stringify({ ...totals, seconds: Math.round((performance.now() - began) / 100) / 10 }));
  process.exitCode = totals.failed > 0 ? 1 : 0;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
