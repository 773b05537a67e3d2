// A step that prints a lot. Its bytes go into the log without flow; only plain output reads the log and prints every line
// with the name of its step in front, which is compared with a program that does just that.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { flow, flowWithUsage, homesIn, timed } from './child.mjs';
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
  const dags = join(place, 'dags');
  mkdirSync(dags);
  /** A home is gone at once: it is few files, and its gigabyte would still be on its way to the disk. */
  const inHome = async (work) => {
    const own = home();
    const taken = await work(own);
    rmSync(own, { recursive: true });
    return taken;
  };
  const plain = (path) => inHome((own) => flowWithUsage(own, ['run', path, '--output', 'plain']));
  const daemon = (path) =>
    inHome(async (own) => {
      await flow(own, ['enqueue', path, '-q']);
      return flowWithUsage(own, ['scheduler', '--once', '--dags', dags]);
    });
  const samples = await interleaved(
    {
      step: () => timed('/bin/sh', ['-c', `${print} > ${file}`]),
      daemon: () => daemon(dag),
      stillDaemon: () => daemon(still),
      plain: () => plain(dag),
      stillPlain: () => plain(still),
      sed: () => timed('/bin/sh', ['-c', `sed 's/^/a | /' < ${file} > /dev/null`]),
    },
    runs,
  );
  const what = `CPU of flow for a step that prints ${megabytes} MB`;
  const more = (big, small) => big.map(({ own }, i) => Math.max(0, own.cpu - small[i].own.cpu));
  const treeCpu = (all) => all.map((sample) => sample.treeCpu);
  return [
    ratio({
      ...{ id: 'output.daemon', what: `${what}, in the daemon`, unit: 'ms', beside: 'printing it' },
      ...{ above: more(samples.daemon, samples.stillDaemon), below: treeCpu(samples.step) },
      ...{ target: TARGET, gated: false },
    }),
    ratio({
      ...{ id: 'output.plain', what: `${what}, plain`, unit: 'ms', beside: 'sed, which puts it in front' },
      ...{ above: more(samples.plain, samples.stillPlain), below: treeCpu(samples.sed) },
    }),
  ];
}
