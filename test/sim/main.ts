import { exhaustivePlans } from './exhaustive.ts';
import { FOUND_DAEMON_SEEDS, FOUND_SEEDS } from './found-seeds.ts';
import { planOf } from './generate.ts';
import type { Plan } from './generate.ts';
import { simulate } from './simulate.ts';
import type { Result } from './simulate.ts';
import { everyCrash, schedulePlan } from './schedule/plan.ts';
import type { SchedulePlan } from './schedule/plan.ts';
import { playSchedule } from './schedule/play.ts';

const args = process.argv.slice(2);

function option(name: string): string | null {
  const at = args.indexOf(`--${name}`);
  return at < 0 ? null : (args[at + 1] ?? '');
}

/** A process of several plays its part only. */
const [part = 0, parts = 1] = (option('part') ?? '0/1').split('/').map(Number);
const only = option('only');
const totals = { schedules: 0, crashes: 0, adopted: 0, events: 0, failed: 0 };

/** What is violated, the journal, and how to see it again. */
function show(replay: string, { violations, simulation }: Result): void {
  const { text, ...plan } = simulation.plan;
  const lines = simulation.journal.map(({ seq, run, event }) => `${seq} ${run} ${JSON.stringify(event)}`);
  console.log([replay, text, JSON.stringify(plan), ...lines, 'violated:', ...violations, replay].join('\n'));
}

async function play(plan: Plan, replay: string): Promise<Result> {
  const result = await simulate(plan);
  const { simulation, violations } = result;
  totals.schedules += 1;
  totals.crashes += simulation.crashes;
  totals.events += simulation.journal.length;
  totals.adopted += simulation.journal.filter(({ event }) => event.type === 'step.adopted').length;
  if (violations.length > 0) {
    totals.failed += 1;
    if (totals.failed <= 3) show(replay, result);
    else console.log(`violated: ${violations[0]?.split('\n')[0] ?? ''} · ${replay}`);
  }
  return result;
}

async function playSeeds(seeds: Iterable<number>): Promise<void> {
  for (const seed of seeds) await play(planOf(seed), `npm run sim -- --seed ${seed}`);
}

function* range(first: number, count: number): Iterable<number> {
  for (let seed = first + part; seed < first + count; seed += parts) yield seed;
}

async function playDaemons(plan: SchedulePlan, replay: string): Promise<void> {
  const { violations, world, crashes } = await playSchedule(plan);
  totals.schedules += 1;
  totals.crashes += crashes;
  totals.events += world.monitor.journal.length;
  totals.adopted += world.monitor.journal.filter(({ event }) => event.type === 'step.adopted').length;
  if (violations.length === 0) return;
  totals.failed += 1;
  if (totals.failed <= 3) {
    const lines = world.monitor.journal.map(
      ({ seq, run, event }) => `${seq} ${run} ${JSON.stringify(event)}`,
    );
    const texts = plan.dags.map(({ text }) => text);
    const { dags: _dags, ...rest } = plan;
    console.log(
      [replay, ...texts, JSON.stringify(rest), ...lines, 'violated:', ...violations, replay].join('\n'),
    );
  } else console.log(`violated: ${violations[0]?.split('\n')[0] ?? ''} · ${replay}`);
}

async function playSchedules(seeds: Iterable<number>): Promise<void> {
  for (const seed of seeds) await playDaemons(schedulePlan(seed), `npm run sim -- --daemons --seed ${seed}`);
}

async function playEveryCrash(): Promise<void> {
  const mine = [...everyCrash()].filter((_, place) => place % parts === part);
  for (const plan of mine) await playDaemons(plan, 'npm run sim -- --daemons --exhaustive');
}

const seeds = range(Number(option('seed') ?? 1), Number(option('runs') ?? 1));
if (args.includes('--daemons') && args.includes('--exhaustive')) await playEveryCrash();
else if (args.includes('--daemons'))
  await playSchedules(args.includes('--found') ? FOUND_DAEMON_SEEDS : seeds);
else if (args.includes('--found')) await playSeeds(FOUND_SEEDS);
else if (args.includes('--exhaustive')) {
  const plans = exhaustivePlans((place) => only !== null || place % parts === part);
  for (let next = plans.next(); next.done !== true;) {
    const { name, plan } = next.value;
    const isWanted = only === null || name === only;
    const result = isWanted
      ? await play(plan, `npm run sim -- --exhaustive --only ${name}`)
      : await simulate(plan);
    next = plans.next(result.simulation.crashes);
  }
} else await playSeeds(seeds);

console.log(JSON.stringify(totals));
process.exitCode = totals.failed > 0 ? 1 : 0;
