// Requests against a server that costs nothing, so that what is left is what flow adds to each.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { flowWithUsage, homesIn, timed } from './child.mjs';
import { ratio, value } from './figure.mjs';
import { interleaved } from './measure.mjs';
import { writeDag } from './shapes.mjs';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const AT_ONCE = 32;

export async function measure({ runs, quick, place }) {
  const count = quick ? 200 : 2_000;
  const server = spawn(process.execPath, [here('http-server.mjs')], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const [port] = await once(server.stdout, 'data');
    const url = `http://127.0.0.1:${`${port}`.trim()}`;
    return await besideFetch({ runs, place, count, url });
  } finally {
    server.kill();
  }
}

async function besideFetch({ runs, place, count, url }) {
  const dag = writeDag(
    place,
    'fanout',
    count,
    () => `action: http.request, with: {method: GET, url: "${url}/"}`,
  );
  const home = homesIn(place);
  const connections = async () => {
    const response = await fetch(`${url}/connections`);
    return Number(await response.text());
  };
  const counted = async (work) => {
    await connections();
    const taken = await work();
    return { ...taken, connections: await connections() };
  };
  const samples = await interleaved(
    {
      flow: () => counted(() => flowWithUsage(home(), ['run', dag, '-j', `${AT_ONCE}`, '--output', 'plain'])),
      loop: () => timed(process.execPath, [here('fetch-loop.mjs'), url, `${count}`, `${AT_ONCE}`]),
    },
    runs,
  );
  const all = (name, of) => samples[name].map(of);
  const what = `${count} http.request steps at -j ${AT_ONCE}`;
  return [
    ratio({
      ...{ id: 'http.fetch', what, unit: 'ms', beside: 'fetch loop', target: 2 },
      ...{ above: all('flow', ({ wall }) => wall), below: all('loop', ({ wall }) => wall) },
    }),
    ratio({
      ...{ id: 'http.cpu', what: `CPU of ${what}`, unit: 'ms', beside: 'fetch loop' },
      ...{ above: all('flow', ({ own }) => own.cpu), below: all('loop', ({ treeCpu }) => treeCpu) },
    }),
    value({
      ...{ id: 'http.connections', what: `connections of ${what}`, unit: '', target: AT_ONCE },
      samples: all('flow', (sample) => sample.connections),
    }),
  ];
}
