// The daemon with thousands of DAGs: start-up, memory, idle CPU, and how late ticks of one second are. Taken once: it
// waits on the clock for minutes, and lateness is a distribution in itself.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bareNode } from './child.mjs';
import { endDaemon, startDaemon, usageOf } from './daemon.mjs';
import { ratio, value } from './figure.mjs';
import { interleaved, median, quantile } from './measure.mjs';
import { openDatabase } from './sqlite.mjs';

const DAGS = 10_000;
const BURST = 1_000;
const IDLE_S = 30;
/** From when the files are written to the tick: the daemon must be ready by then, also on a slow machine. */
const LEAD_MS = 20_000;
const PATIENCE_S = 240;

export async function measure({ place, quick }) {
  const part = quick ? 20 : 1;
  return [...(await atRest(place, DAGS / part)), ...(await inOneSecond(place, BURST / part))];
}

function writeJobs(folder, count, schedule) {
  mkdirSync(folder);
  for (let n = 0; n < count; n++) {
    const text = `schedule: "TZ=UTC ${schedule(n)}"\nsteps:\n  - {id: a, run: "true"}\n`;
    writeFileSync(join(folder, `job-${n}.yaml`), text);
  }
}

async function atRest(place, count) {
  const folder = join(place, 'many');
  // Hourly, over all minutes but the next ten: what is measured is the daemon at rest.
  const minute = new Date().getUTCMinutes() + 10;
  writeJobs(folder, count, (n) => `${(minute + (n % 50)) % 60} * * * *`);
  const bare = (await interleaved({ bare: bareNode }, 5)).bare.map(({ wall }) => wall);
  const { child, ms } = await startDaemon(join(place, 'rest'), folder);
  await sleep(2_000);
  const before = usageOf(child);
  await sleep(IDLE_S * 1_000);
  const after = usageOf(child);
  await endDaemon(child);
  const idle = ((after.cpu - before.cpu) / IDLE_S) * 100;
  const what = `daemon with ${count} DAGs`;
  return [
    ratio({
      ...{ id: 'scheduler.ready', what: `${what}, until ready`, unit: 'ms', beside: 'node -e 0' },
      ...{ above: [ms], below: [median(bare)] },
    }),
    // A fraction of a percent: a quarter more of it is a few ticks of the clock that counts it.
    value({
      ...{ id: 'scheduler.idle', what: `${what}, CPU at rest`, unit: '%', samples: [idle] },
      gated: false,
    }),
    value({ id: 'scheduler.memory', what: `${what}, memory at rest`, unit: 'MB', samples: [after.mb] }),
  ];
}

async function inOneSecond(place, count) {
  const [folder, home] = [join(place, 'burst'), join(place, 'burst-home')];
  const soon = new Date(Date.now() + LEAD_MS);
  const second = `${soon.getUTCSeconds()} ${soon.getUTCMinutes()} ${soon.getUTCHours()} * * *`;
  writeJobs(folder, count, () => second);
  const { child } = await startDaemon(home, folder);
  const db = await openDatabase(join(home, 'flow.db'));
  const ended = () => db.prepare("select count(*) as n from run where state = 'succeeded'").get().n;
  for (let left = PATIENCE_S; left > 0 && ended() < count; left--) await sleep(1_000);
  if (ended() < count) throw new Error(`only ${ended()} of ${count} runs succeeded in ${PATIENCE_S} s`);
  const usage = usageOf(child);
  await endDaemon(child);
  const column = (sql) =>
    db
      .prepare(sql)
      .all()
      .map(({ ms }) => ms);
  const decided = column('select decided_at - scheduled_at as ms from tick');
  const started = column('select started_at - scheduled_at as ms from run');
  db.close();
  // Milliseconds of this machine: shown, not held.
  const late = (id, words, all) =>
    [0.5, 0.99].map((part) =>
      value({
        ...{ id: `scheduler.${id}-p${part * 100}`, unit: 'ms', gated: false },
        ...{ what: `${count} ticks in one second, ${words}, p${part * 100}`, samples: [quantile(all, part)] },
      }),
    );
  return [
    ...late('decided', 'decided late by', decided),
    ...late('started', 'run started late by', started),
    value({
      ...{ id: 'scheduler.burst-memory', what: `${count} ticks in one second, peak memory`, unit: 'MB' },
      samples: [usage.peakMb],
    }),
  ];
}
