// What durability costs: commits that reach the disk, per step, and bytes that flow writes, per step.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { flow, flowWithUsage, homesIn } from './child.mjs';
import { ratio, value } from './figure.mjs';
import { interleaved } from './measure.mjs';
import { physicalCommits } from './physical-commits.mjs';
import { writeDag } from './shapes.mjs';

const KINDS = [
  { id: 'chain', shape: 'chain', count: 500, jobs: 8, target: 1, words: 'a chain' },
  { id: 'fanout', shape: 'fanout', count: 1_000, jobs: 8, target: 0.2, words: 'a fan-out at -j 8' },
  { id: 'wide', shape: 'fanout', count: 1_000, jobs: 64, target: 0.2, words: 'a fan-out at -j 64' },
];

export async function measure({ runs, quick, place }) {
  const part = quick ? 5 : 1;
  const home = homesIn(place);
  const first = join(place, 'first.yaml');
  writeFileSync(first, 'steps:\n  - {id: a, run: "true; :"}\n');
  const perStep = async ({ shape, count, jobs }) => {
    const [at, dag] = [home(), writeDag(place, shape, count / part)];
    // Makes the database, so that what is counted is a run and not the schema.
    await flow(at, ['run', first, '-q']);
    const run = () => flow(at, ['run', dag, '-j', `${jobs}`, '--output', 'plain']);
    return (await physicalCommits(at, run)) / (count / part);
  };
  const subjects = Object.fromEntries(KINDS.map((kind) => [kind.id, () => perStep(kind)]));
  const samples = await interleaved(subjects, runs);
  const commits = KINDS.map(({ id, words, target }) =>
    value({
      ...{ id: `commits.${id}`, what: `commits per step of ${words}`, unit: '' },
      ...{ samples: samples[id], target },
    }),
  );
  return [...commits, await bytes({ place, home, small: 1_000 / part, large: 10_000 / part })];
}

/**
 * Bytes that flow passes to write(2) and its kin (`wchar` of proc(5)): the log, the database, and the files of a try.
 * Taken once: what is written does not depend on how busy the machine is.
 */
async function bytes({ place, home, small, large }) {
  const written = async (count) => {
    const args = ['run', writeDag(place, 'fanout', count), '-j', '8', '--output', 'plain'];
    const { own } = await flowWithUsage(home(), args);
    return own.wchar / count;
  };
  const [few, many] = [await written(small), await written(large)];
  return ratio({
    ...{ id: 'commits.bytes', what: `bytes written per step of ${large} steps`, unit: 'B' },
    ...{ above: [many], below: [few], beside: `of ${small}`, target: 1.2 },
  });
}
