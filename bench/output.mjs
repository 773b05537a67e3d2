// A step that prints a lot: flow should leave the bytes to the system and spend no time on them.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { flowWithUsage, homesIn, timed } from './child.mjs';
import { ratio } from './figure.mjs';
import { interleaved } from './measure.mjs';

/** No more than a tenth of what it costs to print: "no CPU to speak of". */
const TARGET = 0.1;

export async function measure({ runs, quick, place }) {
  const megabytes = quick ? 100 : 1_000;
  const print = `yes some line of text that a build may print | head -c ${megabytes}000000`;
  const home = homesIn(place);
  const [dag, still, file] = ['big.yaml', 'still.yaml', 'printed'].map((name) => join(place, name));
  writeFileSync(dag, `steps:\n  - {id: a, run: "${print}"}\n`);
  writeFileSync(still, 'steps:\n  - {id: a, run: "true; :"}\n');
  const run = (path) => flowWithUsage(home(), ['run', path, '--output', 'plain']);
  const samples = await interleaved(
    {
      big: () => run(dag),
      still: () => run(still),
      step: () => timed('/bin/sh', ['-c', `${print} > ${file}`]),
    },
    runs,
  );
  return [
    ratio({
      ...{ id: 'output.cpu', what: `CPU of flow for a step that prints ${megabytes} MB`, unit: 'ms' },
      above: samples.big.map(({ own }, i) => Math.max(0, own.cpu - samples.still[i].own.cpu)),
      ...{ below: samples.step.map(({ treeCpu }) => treeCpu), beside: 'printing it', target: TARGET },
    }),
  ];
}
