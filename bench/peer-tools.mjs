// How each peer is told a shape. Caches are off: what is compared is running steps, not finding that none has to run.
import { existsSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { COMMAND, SHAPES } from './shapes.mjs';

const BIN = fileURLToPath(new URL('../node_modules/.bin', import.meta.url));
const FOLDERS = [BIN, ...(process.env.PATH ?? '').split(delimiter)];

/** The path of a command, or null where it is not installed. */
export function commandOf(name) {
  return FOLDERS.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null;
}

const names = (count) => Array.from({ length: count }, (_, n) => `s${n}`);

/** The names that step n waits for. */
function before(shape, n) {
  const one = SHAPES[shape].before(n);
  return one === null ? [] : [`s${one}`];
}

const json = (folder, name, value) => writeFileSync(join(folder, name), JSON.stringify(value));
const perStep = (count, of) => Object.fromEntries(names(count).map((name, n) => [name, of(n)]));

function ninja({ folder, shape, count, jobs }) {
  const builds = names(count).map((name, n) => `build ${name}: step ${before(shape, n).join(' ')}\n`);
  writeFileSync(join(folder, 'build.ninja'), `rule step\n  command = ${COMMAND}\n${builds.join('')}`);
  return { args: ['-j', `${jobs}`, '--quiet'] };
}

function wireit({ folder, shape, count, jobs }) {
  json(folder, 'package.json', {
    private: true,
    scripts: { all: 'wireit', ...perStep(count, () => 'wireit') },
    wireit: {
      all: { dependencies: names(count) },
      ...perStep(count, (n) => ({ command: COMMAND, dependencies: before(shape, n) })),
    },
  });
  const PATH = FOLDERS.join(delimiter);
  const env = { PATH, WIREIT_PARALLEL: `${jobs}`, WIREIT_CACHE: 'none', WIREIT_LOGGER: 'quiet' };
  return { args: ['run', '--silent', 'all'], env };
}

function turbo({ folder, shape, count, jobs }) {
  json(folder, 'package.json', {
    ...{ name: 'bench', private: true, packageManager: 'npm@10.0.0' },
    scripts: { all: 'true', ...perStep(count, () => COMMAND) },
  });
  json(folder, 'turbo.json', {
    tasks: {
      all: { cache: false, dependsOn: names(count) },
      ...perStep(count, (n) => ({ cache: false, dependsOn: before(shape, n) })),
    },
  });
  const args = ['run', 'all', `--concurrency=${jobs}`, '--output-logs=none', '--no-update-notifier'];
  return { args, env: { TURBO_TELEMETRY_DISABLED: '1' } };
}

function snakemake({ folder, shape, count, jobs }) {
  const input = shape === 'chain' ? '    input: lambda w: [] if w.n == "0" else f"s{int(w.n) - 1}"\n' : '';
  writeFileSync(
    join(folder, 'Snakefile'),
    `rule all:\n    input: expand("s{n}", n=range(${count}))\n` +
      `rule step:\n${input}    output: "s{n}"\n    shell: "${COMMAND} > {output}"\n`,
  );
  return { args: ['--cores', `${jobs}`, '--forceall', '--quiet', 'all', '--nolock'] };
}

function dagu({ folder, shape, count, jobs }) {
  const steps = names(count).map(
    (name, n) => `  - {name: ${name}, command: "${COMMAND}", depends: [${before(shape, n).join(', ')}]}\n`,
  );
  const file = join(folder, 'dag.yaml');
  writeFileSync(file, `type: graph\nmax_active_steps: ${jobs}\nsteps:\n${steps.join('')}`);
  return { args: ['start', file], env: { DAGU_HOME: join(folder, 'home') } };
}

/** `command`: what must be installed. wireit is started by `npm run`, as its users do. */
export const PEERS = [
  { name: 'ninja', command: 'ninja', steps: 1_000, prepare: ninja },
  { name: 'wireit', command: 'wireit', start: 'npm', steps: 200, prepare: wireit },
  { name: 'turbo', command: 'turbo', steps: 50, prepare: turbo },
  { name: 'snakemake', command: 'snakemake', steps: 100, prepare: snakemake },
  { name: 'dagu', command: 'dagu', steps: 200, prepare: dagu },
];
