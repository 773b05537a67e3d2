// Seconds that `flow validate` takes for files of 5,000 and 20,000 steps, without the start of the program, and
// their ratio: 4 is linear. Build first (npm run build), then: node bench/validate.mjs [rounds]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const rounds = Number(process.argv[2] ?? 5);
const [small, large] = [5_000, 20_000];
const bin = resolve('bin/flow.js');
const folder = mkdtempSync(join(tmpdir(), 'flow-bench-'));

/** Each makes the text of step n. */
const shapes = {
  'a chain with outputs': (n) =>
    `  - id: s${n}\n    run: echo v=1 >> "$FLOW_OUTPUT_FILE"\n    outputs: [{name: v}]\n` +
    (n === 0
      ? ''
      : `    depends: s${n - 1}\n    env: {V: "\${steps.s${n - 1}.outputs.v}", W: "\${steps.s0.outputs.v}"}\n`),
  diamonds: (n) => {
    const before = n % 3 === 1 || n % 3 === 2 ? [n - (n % 3)] : [n - 1, n - 2];
    return `  - {id: s${n}, run: "true", depends: [${n === 0 ? '' : before.map((b) => `s${b}`).join(', ')}]}\n`;
  },
  'an error in every step': (n) => `  - {id: s${n}, comand: x, depends: t${n}}\n`,
  'everything on one line': null,
};

function write(shape, count) {
  const file = join(folder, 'dag.yaml');
  const make = shapes[shape];
  const steps = Array.from({ length: count }, (_, n) => (make ?? (() => '{id: same, run: x}, '))(n)).join('');
  writeFileSync(file, make === null ? `steps: [${steps}]\n` : `steps:\n${steps}`);
  return file;
}

/** Seconds of the fastest of the rounds: what disturbs only ever adds. */
function seconds(file) {
  const times = Array.from({ length: rounds }, () => {
    const start = performance.now();
    const { status, error } = spawnSync(process.execPath, [bin, 'validate', file], { stdio: 'ignore' });
    if (error !== undefined || (status !== 0 && status !== 2)) throw error ?? new Error(`exit ${status}`);
    return (performance.now() - start) / 1000;
  });
  return Math.min(...times);
}

try {
  console.log(`node ${process.version}, ${cpus().length} cores, fastest of ${rounds} rounds`);
  const start = seconds(write('diamonds', 1));
  for (const shape of Object.keys(shapes)) {
    const [a, b] = [small, large].map((count) => seconds(write(shape, count)) - start);
    const ratio = (b / a).toFixed(1);
    console.log(
      `${shape.padEnd(24)} ${small}: ${a.toFixed(2)} s   ${large}: ${b.toFixed(2)} s   ratio ${ratio}`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
