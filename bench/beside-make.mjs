// One shape of DAG in flow, in make, as a loop of Node that starts the same shells, and as the least that durable steps
// cost (bare-steps.mjs).
import { fileURLToPath } from 'node:url';
import { flowWithUsage, homesIn, timed } from './child.mjs';
import { ratio } from './figure.mjs';
import { interleaved } from './measure.mjs';
import { writeDag, writeMakefile } from './shapes.mjs';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const [LOOP, BARE] = [here('spawn-loop.mjs'), here('bare-steps.mjs')];

/** `loop`: how many shells the loop and the bare steps have at once. */
export async function besideMake({ runs, place }, { shape, count, jobs, loop, what, target }) {
  const dag = writeDag(place, shape, count);
  const makefile = writeMakefile(place, shape, count);
  const home = homesIn(place);
  const samples = await interleaved(
    {
      flow: () => flowWithUsage(home(), ['run', dag, '-j', `${jobs}`, '--output', 'plain']),
      make: () => timed('make', ['-s', `-j${jobs}`, '-f', makefile], { cwd: place }),
      loop: () => timed(process.execPath, [LOOP, `${count}`, `${loop}`]),
      bare: () => timed(process.execPath, [BARE, home(), `${count}`, `${loop}`]),
    },
    runs,
  );
  const all = (name, of) => samples[name].map(of);
  const wall = (sample) => sample.wall;
  const tree = (sample) => sample.treeCpu;
  const make = `make -j${jobs}`;
  return [
    ratio({
      ...{ id: `${shape}.make`, what, unit: 'ms', beside: make, target },
      ...{ above: all('flow', wall), below: all('make', wall) },
    }),
    ratio({
      ...{ id: `${shape}.spawn`, what, unit: 'ms', beside: 'spawn loop' },
      ...{ above: all('flow', wall), below: all('loop', wall) },
    }),
    ratio({
      ...{ id: `${shape}.bare`, what, unit: 'ms', beside: 'shells, files, commits alone' },
      ...{ above: all('flow', wall), below: all('bare', wall) },
    }),
    // Of all descendants one learns it only where they were waited for: flow leaves before its wrappers have ended.
    ratio({
      ...{ id: `${shape}.own-cpu`, what: `CPU of flow alone, ${what}`, unit: 'ms', beside: `all of ${make}` },
      ...{ above: all('flow', (sample) => sample.own.cpu), below: all('make', tree) },
    }),
  ];
}
