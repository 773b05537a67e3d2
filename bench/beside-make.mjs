// One shape of DAG in flow, in make, and as a loop of Node that starts the same shells.
import { fileURLToPath } from 'node:url';
import { flowWithUsage, homesIn, timed } from './child.mjs';
import { ratio } from './figure.mjs';
import { interleaved } from './measure.mjs';
import { writeDag, writeMakefile } from './shapes.mjs';

const LOOP = fileURLToPath(new URL('spawn-loop.mjs', import.meta.url));

/** `loop`: how many shells the loop has at once. */
export async function besideMake({ runs, place }, { shape, count, jobs, loop, what, target }) {
  const dag = writeDag(place, shape, count);
  const makefile = writeMakefile(place, shape, count);
  const home = homesIn(place);
  const samples = await interleaved(
    {
      flow: () => flowWithUsage(home(), ['run', dag, '-j', `${jobs}`, '--output', 'plain']),
      make: () => timed('make', ['-s', `-j${jobs}`, '-f', makefile], { cwd: place }),
      loop: () => timed(process.execPath, [LOOP, `${count}`, `${loop}`]),
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
    // Of all descendants one learns it only where they were waited for: flow leaves before its wrappers have ended.
    ratio({
      ...{ id: `${shape}.own-cpu`, what: `CPU of flow alone, ${what}`, unit: 'ms', beside: `all of ${make}` },
      ...{ above: all('flow', (sample) => sample.own.cpu), below: all('make', tree) },
    }),
  ];
}
