// Large DAGs: whether time stays linear and memory bounded, and how soon a large run knows what is left of it.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { flow, flowUntil, flowWithUsage, homesIn } from './child.mjs';
import { difference, ratio, value } from './figure.mjs';
import { interleaved } from './measure.mjs';
import { COMMAND, writeDag } from './shapes.mjs';

export async function measure(context) {
  return [...(await plans(context)), ...(await resumes(context))];
}

/** Validates and plans, and records nothing: `run --dry-run`. The start of flow is taken off both. */
async function plans({ runs, quick, place }) {
  const large = quick ? 10_000 : 100_000;
  const small = large / 4;
  const home = homesIn(place);
  const plan = (count) => {
    const dag = writeShortChain(place, count);
    return () => flowWithUsage(home(), ['run', dag, '--dry-run']);
  };
  const samples = await interleaved({ start: plan(1), small: plan(small), large: plan(large) }, runs);
  const perStep = (name, count) =>
    samples[name].map(({ wall }, i) => ((wall - samples.start[i].wall) / count) * 1000);
  return [
    ratio({
      ...{ id: 'scale.linear', what: `plan of ${large} steps, per step`, unit: 'µs', target: 1.25 },
      ...{ above: perStep('large', large), below: perStep('small', small), beside: `of ${small}` },
    }),
    value({
      ...{ id: 'scale.plan-memory', what: `peak memory of a plan of ${large} steps`, unit: 'MB' },
      ...{ samples: samples.large.map(({ own }) => own.mb), target: 1536 },
    }),
  ];
}

/** A chain, because there is order to be found in it. In few words: a file may have 4 MiB (E111). */
function writeShortChain(folder, count) {
  const file = join(folder, `plan-${count}.yaml`);
  const name = (n) => `s${n.toString(36)}`;
  const steps = Array.from({ length: count }, (_, n) => {
    const depends = n === 0 ? '' : `, depends: ${name(n - 1)}`;
    return `- {id: ${name(n)}, run: ':'${depends}}\n`;
  });
  writeFileSync(file, `steps:\n${steps.join('')}`);
  return file;
}

/** The last step fails each time, so that the same run can be resumed again and again. */
async function resumes({ runs, quick, place }) {
  const count = quick ? 1_000 : 10_000;
  const step = (n) => `run: "${n === count - 1 ? 'exit 1' : COMMAND}"`;
  const home = homesIn(place)();
  const dag = writeDag(place, 'fanout', count, step);
  const first = await flowWithUsage(home, ['run', dag, '-j', '8', '--output', 'plain'], { codes: [1] });
  const samples = await interleaved(
    {
      version: () => flow(home, ['--version']),
      dry: () => flow(home, ['resume', 'last', '--dry-run']),
      real: () => flowUntil(home, ['resume', 'last', '--json'], '"run.resumed"', { codes: [1] }),
    },
    runs,
  );
  const wall = (name) => samples[name].map((sample) => sample.wall);
  const over = (id, name, words) =>
    difference({
      ...{ id, what: `${words}, run of ${count} steps`, unit: 'ms', target: 300 },
      ...{ above: wall(name), below: wall('version'), beside: 'flow --version' },
    });
  return [
    value({
      ...{ id: 'scale.run-memory', what: `peak memory of a run of ${count} steps`, unit: 'MB', target: 200 },
      samples: [first.own.mb],
    }),
    over('scale.resume-plan', 'dry', 'resume --dry-run'),
    over('scale.resume', 'real', 'resume until it is recorded'),
  ];
}
