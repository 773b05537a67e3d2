// Cold start: what a person waits for before anything happens, over a Node that does nothing.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bareNode, flow, homesIn } from './child.mjs';
import { difference } from './figure.mjs';
import { interleaved } from './measure.mjs';

const MAJOR = Number(process.versions.node.split('.')[0]);
const RUN_TARGET_MS = MAJOR >= 24 ? 90 : 130;

export async function measure({ runs, place }) {
  const dag = join(place, 'one.yaml');
  writeFileSync(dag, 'steps:\n  - {id: a, run: "true; :"}\n');
  const home = homesIn(place);
  const [used, run] = [home(), ['run', dag, '--output', 'plain']];
  // Starts are short and the system is never quite still, so they are taken more often than the long runs.
  const samples = await interleaved(
    {
      bare: bareNode,
      version: () => flow(home(), ['--version']),
      first: () => flow(home(), run),
      later: () => flow(used, run),
    },
    runs * 3,
  );
  const wall = (name) => samples[name].map((sample) => sample.wall);
  const over = (name, what, target) =>
    difference({
      ...{ id: `start.${name}`, what, unit: 'ms', above: wall(name), below: wall('bare') },
      ...{ beside: 'node -e 0', target },
    });
  return [
    over('version', 'flow --version', 20),
    over('first', 'flow run of one step, in a new home', RUN_TARGET_MS),
    over('later', 'flow run of one step, in a home with runs', RUN_TARGET_MS),
  ];
}
