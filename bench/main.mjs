// npm run bench: measures flow beside make, a loop that spawns, and bare node; prints a table and writes JSON.
// Build first (npm run build). docs/performance.md says what is measured, how, and why so.
//   --only NAME,...  these subjects          --quick      smaller sizes, without the million runs and the daemon
//   --runs N         samples of each (5)     --json FILE  where all samples go (bench/results.json)
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { machine } from './machine.mjs';
import { table } from './table.mjs';

const SUBJECTS = ['start', 'fanout', 'chain'];
const RESULTS = fileURLToPath(new URL('results.json', import.meta.url));

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: SUBJECTS.join(',') },
    runs: { type: 'string', default: '5' },
    json: { type: 'string', default: RESULTS },
    quick: { type: 'boolean', default: false },
  },
});

/** The figures of one subject, measured in a folder that is gone afterwards. */
async function figuresOf(name) {
  const { measure } = await import(`./${name}.mjs`);
  const place = mkdtempSync(join(tmpdir(), 'flow-bench-'));
  console.error(`bench: ${name}`);
  try {
    return await measure({ runs: Number(options.runs), quick: options.quick, place });
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

const facts = machine();
const figures = [];
for (const name of options.only.split(',')) figures.push(...(await figuresOf(name)));
writeFileSync(options.json, `${JSON.stringify({ machine: facts, options, figures }, null, 1)}\n`);
console.log(
  `node ${facts.node}, ${facts.cores} cores, load ${facts.load[0]}, medians of ${options.runs} rounds\n`,
);
console.log(table(figures));
