// Reading commands with a million runs in the database, over bare node; two of them with 21 runs beside, to tell what
// the million adds from what a command costs anyway.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bareNode, flow } from './child.mjs';
import { difference } from './figure.mjs';
import { multiplyRuns } from './many-runs.mjs';
import { interleaved } from './measure.mjs';

const TARGET_MS = 150;
/** Those of `history` and `status` have the target; each of the others once lost an index. */
const COMMANDS = [
  'history',
  'history dag-7',
  'history --status failed',
  'history --status interrupted',
  'history --since 1h',
  'history --label team=none',
  'status last',
  'status dag-7',
  'logs last',
  'why last a',
  'doctor',
];
const ALSO_WITH_FEW = ['history', 'status last'];

export async function measure({ runs, quick, place }) {
  const count = quick ? 10_000 : 1_000_000;
  const dag = join(place, 'dag-0.yaml');
  writeFileSync(dag, 'labels: {team: some}\nsteps: [{id: a, run: echo a}]\n');
  const [few, many] = ['few', 'many'].map((name) => join(place, name));
  for (const home of [few, many]) {
    mkdirSync(home, { mode: 0o700 });
    await flow(home, ['run', dag, '-q']);
  }
  await multiplyRuns(few, 20);
  await multiplyRuns(many, count);
  const subjects = { bare: bareNode };
  for (const command of COMMANDS) {
    const words = [...command.split(' '), '--dags', place];
    // 1: what `doctor` found.
    const on = (home) => () => flow(home, words, { codes: [0, 1] });
    subjects[`many ${command}`] = on(many);
    if (ALSO_WITH_FEW.includes(command)) subjects[`few ${command}`] = on(few);
  }
  const samples = await interleaved(subjects, runs);
  const wall = (name) => samples[name].map((sample) => sample.wall);
  const over = (id, command, home, words, target) =>
    difference({
      ...{ id: `history.${id}`, what: `flow ${command}, ${words}`, unit: 'ms', beside: 'node -e 0' },
      ...{ above: wall(`${home} ${command}`), below: wall('bare'), target },
    });
  return COMMANDS.flatMap((command) => {
    const id = command.replaceAll(/[^a-z0-9]+/g, '-');
    const target = /^(history|status)/.test(command) ? TARGET_MS : null;
    const all = over(id, command, 'many', `${count} runs`, target);
    if (!ALSO_WITH_FEW.includes(command)) return [all];
    return [all, over(`${id}.few`, command, 'few', '21 runs', null)];
  });
}
