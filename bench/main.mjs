// npm run bench: measures flow beside make, a loop that spawns, and bare node; prints a table and writes JSON.
// Build first (npm run build). docs/performance.md says what is measured, how, and why so.
//   --only NAME,...  these subjects          --quick      smaller sizes, without the million runs and the daemon
//   --runs N         samples of each (5)     --json FILE  where all samples go (bench/results.json)
//   --check          exit 1 if a ratio is a quarter worse than in bench/baseline.json
//   --accept         keep the ratios in bench/baseline.json
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { accept, baselineFor, better, worse } from './baseline.mjs';
import { settledDisk } from './disk.mjs';
import { machine } from './machine.mjs';
import { table } from './table.mjs';

const SUBJECTS = ['start', 'fanout', 'chain', 'commits', 'scale', 'output', 'http', 'peers'];
/** Minutes each, and gigabytes. */
const LONG = ['history', 'scheduler'];

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    runs: { type: 'string', default: '5' },
    json: { type: 'string', default: fileURLToPath(new URL('results.json', import.meta.url)) },
    quick: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    accept: { type: 'boolean', default: false },
  },
});
const runs = Number(options.runs);
const subjects = options.only?.split(',') ?? [...SUBJECTS, ...(options.quick ? [] : LONG)];
const unknown = subjects.filter((name) => ![...SUBJECTS, ...LONG].includes(name));
if (unknown.length > 0 || !(runs >= 1)) {
  console.error(
    `bench: ${unknown.join(', ') || `--runs ${options.runs}`}? there are ${[...SUBJECTS, ...LONG]}`,
  );
  process.exit(2);
}

/** Nothing of it is deleted before the end: that would slow down what comes next (disk.mjs). */
const all = mkdtempSync(join(tmpdir(), 'flow-bench-'));
process.on('exit', () => rmSync(all, { recursive: true, force: true }));
process.on('SIGINT', () => process.exit(130));

async function figuresOf(name) {
  const { measure } = await import(`./${name}.mjs`);
  const place = mkdtempSync(join(all, `${name}-`));
  console.error(`bench: ${name}`);
  const figures = await measure({ runs, quick: options.quick, place });
  return figures.map((figure) => ({ subject: name, ...figure }));
}

/** `keep` gets what there is after each subject: all of them take long, and somebody may interrupt. */
async function figuresOfAll(names, keep = () => undefined) {
  const figures = [];
  for (const name of names) {
    figures.push(...(await figuresOf(name)));
    keep(figures);
  }
  return figures;
}

/** Measured once more before it is called worse: on a shared machine the first time may have been a bad moment. */
async function checked(figures, baseline) {
  const suspects = new Set(worse(figures, baseline).map(({ subject }) => subject));
  return suspects.size === 0 ? figures : better(figures, await figuresOfAll(suspects));
}

const baseline = options.check ? baselineFor(options) : null;
if (baseline === undefined) {
  console.error('bench: no baseline for this version of Node and these sizes: keep one with --accept');
  process.exit(2);
}
const facts = { ...machine(), new_file_us: Math.round(await settledDisk(all)) };
const write = (figures) =>
  writeFileSync(options.json, `${JSON.stringify({ machine: facts, options, figures }, null, 1)}\n`);
const first = await figuresOfAll(subjects, write);
const figures = baseline === null ? first : await checked(first, baseline);
write(figures);
const { node, cores, kernel, file_system: disk, load, new_file_us: cost } = facts;
const place = `${kernel}, ${disk}, a new file ${cost} µs`;
console.log(`node ${node}, ${cores} cores, ${place}, load ${load[0]}, medians of ${runs}\n`);
console.log(table(figures));
if (options.accept) accept(figures, options);
for (const { what, beside, id, gate } of baseline === null ? [] : worse(figures, baseline)) {
  const to = beside === null ? '' : ` beside ${beside}`;
  console.error(`bench: worse: ${id}: ${what}${to}: ${gate.toPrecision(3)}, was ${baseline[id]}`);
  process.exitCode = 1;
}
