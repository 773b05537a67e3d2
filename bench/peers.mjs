// The same DAGs in the tools that a user of this machine might take instead, those that are installed.
// Their sizes differ: some need half a second for each step, and what a step costs shows with fewer of them, too.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { flow, homesIn, timed } from './child.mjs';
import { ratio } from './figure.mjs';
import { interleaved } from './measure.mjs';
import { commandOf, PEERS } from './peer-tools.mjs';
import { writeDag } from './shapes.mjs';

const JOBS = 8;

export async function measure(context) {
  const figures = [];
  for (const peer of PEERS) {
    if (commandOf(peer.command) === null) continue;
    for (const shape of ['fanout', 'chain']) figures.push(...(await besidePeer(context, peer, shape)));
  }
  return figures;
}

/** A peer that does not work here is said and left out: it may be of another version than this was written for. */
async function besidePeer({ runs, quick, place }, peer, shape) {
  const count = quick ? Math.min(50, peer.steps) : peer.steps;
  const folder = join(place, `${peer.name}-${shape}`);
  mkdirSync(folder);
  const { args, env } = peer.prepare({ folder, shape, count, jobs: JOBS });
  const home = homesIn(place);
  const dag = writeDag(place, shape, count);
  try {
    const samples = await interleaved(
      {
        flow: () => flow(home(), ['run', dag, '-j', `${JOBS}`, '--output', 'plain']),
        peer: () =>
          timed(commandOf(peer.start ?? peer.command), args, {
            cwd: folder,
            env: { ...process.env, ...env },
          }),
      },
      runs,
    );
    const wall = (name) => samples[name].map((sample) => sample.wall);
    const words = shape === 'chain' ? 'steps in sequence' : 'independent steps';
    return [
      ratio({
        ...{ id: `peers.${peer.name}.${shape}`, what: `${count} ${words}`, unit: 'ms', beside: peer.name },
        ...{ above: wall('flow'), below: wall('peer'), gated: false },
      }),
    ];
  } catch (error) {
    console.error(`bench: ${peer.name} is left out: ${error.message}`);
    return [];
  }
}
