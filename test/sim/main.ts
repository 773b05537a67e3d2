import { planOf } from './generate.ts';
import { simulate } from './simulate.ts';
import type { Result } from './simulate.ts';

const args = process.argv.slice(2);
const option = (name: string): string | null => {
  const at = args.indexOf(`--${name}`);
  return at < 0 ? null : (args[at + 1] ?? '');
};

const first = Number(option('seed') ?? 1);
const runs = Number(option('runs') ?? 1);
const began = performance.now();
const totals = { seeds: 0, crashes: 0, adopted: 0, events: 0, failed: 0 };

function show(seed: number, { violations, simulation }: Result): void {
  const lines = simulation.journal.map(({ seq, run, event }) => `${seq} ${run} ${JSON.stringify(event)}`);
  console.log(`seed ${seed}\n${simulation.plan.text}\n${JSON.stringify({ ...simulation.plan, text: '' })}\n${lines.join('\n')}`);
  console.log(`seed ${seed} is violated:\n${violations.join('\n')}\nreplay: npm run sim -- --seed ${seed}`);
}

for (let seed = first; seed < first + runs; seed++) {
  const result = await simulate(planOf(seed));
  const { simulation } = result;
  totals.seeds += 1;
  totals.crashes += simulation.crashes;
  totals.events += simulation.journal.length;
  totals.adopted += simulation.journal.filter(({ event }) => event.type === 'step.adopted').length;
  if (result.violations.length === 0) continue;
  totals.failed += 1;
  if (runs === 1) show(seed, result);
  else console.log(`seed ${seed}: ${result.violations[0]?.split('\n').slice(0, 2).join(' ')}`);
}
console.log(JSON.stringify({ ...totals, seconds: (performance.now() - began) / 1000 }));
process.exitCode = totals.failed > 0 ? 1 : 0;
