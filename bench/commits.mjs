// What durability costs: commits that reach the disk, per step, and bytes that flow writes, per step.
//
// A run commits a few times for itself: that it exists, that it starts and ends. So a step costs what a run of many
// steps commits more than a run of one, divided by the steps that it has more.
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
  const commitsOf = async (dag, jobs) => {
    const at = home();
    // Makes the database, so that what is counted is a run and not the schema.
    await flow(at, ['run', first, '-q']);
    const run = () => flow(at, ['run', dag, '-j', `${jobs}`, '--output', 'plain']);
    return physicalCommits(at, run);
  };
  const subjects = { one: () => commitsOf(first, 8) };
  for (const { id, shape, count, jobs } of KINDS) {
    const dag = writeDag(place, shape, count / part);
    subjects[id] = () => commitsOf(dag, jobs);
  }
  const samples = await interleaved(subjects, runs);
  const commits = KINDS.map(({ id, words, count, target }) =>
    value({
      ...{ id: `commits.${id}`, what: `commits per step of ${words}`, unit: '', target },
      samples: samples[id].map((all, i) => (all - samples.one[i]) / (count / part - 1)),
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
