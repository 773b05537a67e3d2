// Kills flow with SIGKILL at random moments, resumes each time, and counts every effect: none may be lost or doubled.
// npm run crash -- [--kills 1000] [--seed N] [--shape NAME]; the campaign itself is test/support/crash/campaign.ts
import { build } from 'esbuild';
import { mkdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = `${root}node_modules/.cache/flow-crash-${process.pid}/`;

async function load(name) {
  const outfile = `${folder}${name}.mjs`;
  const entryPoints = [`test/support/crash/${name}.ts`];
  await build({ absWorkingDir: root, entryPoints, outfile, bundle: true, format: 'esm', platform: 'node' });
  return import(outfile);
}

function numberOf(name, text) {
  if (/^\d+$/.test(text)) return Number(text);
  throw new Error(`--${name} must be a whole number, got "${text}"`);
}

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '20261123' },
    shape: { type: 'string' },
  },
});
mkdirSync(folder, { recursive: true });
const { campaign } = await load('campaign');
const { SHAPES } = await load('shapes');
rmSync(folder, { recursive: true, force: true });

const shapes = SHAPES.filter(({ name }) => values.shape === undefined || name === values.shape);
if (shapes.length === 0) throw new Error(`no such shape; there are ${SHAPES.map((s) => s.name).join(', ')}`);
const [kills, seed] = [numberOf('kills', values.kills), numberOf('seed', values.seed)];
const each = Math.ceil(kills / shapes.length);
const columns = ['runs', 'kills', 'adopted', 'neverStarted', 'lost', 'doubled'];
const total = Object.fromEntries(columns.map((column) => [column, 0]));
const problems = [];

function show(name, tally) {
  const { runs, kills: killed, adopted, neverStarted, lost, doubled } = tally;
  console.log(
    `${name.padEnd(21)} ${killed} kills in ${runs} runs: ${lost} lost, ${doubled} doubled, ` +
      `${adopted} adopted, ${neverStarted} never started`,
  );
}

console.log(
  `node ${process.version}, seed ${seed}, at least ${each} kills of each of ${shapes.length} shapes`,
);
for (const shape of shapes) {
  const tally = await campaign(shape, { bin: `${root}bin/flow.js`, kills: each, seed });
  show(shape.name, tally);
  for (const column of columns) total[column] += tally[column];
  problems.push(...tally.problems);
}
show('all', total);
for (const problem of problems) console.log(problem);
process.exitCode = problems.length === 0 && total.lost === 0 && total.doubled === 0 ? 0 : 1;
