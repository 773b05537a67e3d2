import { random, type Random } from '../../support/random.ts';
import type { Fault } from '../flow-process.ts';

/** What happens to one daemon. */
export interface Shift {
  readonly faults: readonly Fault[];
  readonly slowMs: number;
  /** Virtual milliseconds until its first signal. */
  readonly length: number;
  /** Signals, by their distance from the first one. */
  readonly signals: readonly number[];
  /** A second daemon at the same time, as if there were no lock, and what happens to it. */
  readonly rival: readonly Fault[] | null;
  /** The wall clock is set so long after its start, by so much. */
  readonly step: { readonly after: number; readonly by: number } | null;
  /** How long there is no daemon afterwards. */
  readonly down: number;
}

export interface SchedulePlan {
  readonly seed: number;
  /** Wall time at the begin. */
  readonly wall: number;
  readonly dags: readonly { readonly name: string; readonly text: string }[];
  readonly shifts: readonly Shift[];
  readonly maxRuns: number;
  readonly resumeInterrupted: boolean;
}

/** Where clocks change, and where nothing does. */
const BEGINNINGS = [
  Date.UTC(2026, 10, 26, 12, 0, 0),
  Date.UTC(2026, 9, 25, 0, 59, 40),
  Date.UTC(2026, 2, 29, 0, 59, 30),
  Date.UTC(2026, 11, 31, 23, 59, 50),
];

export const CALM_SHIFT: Shift = {
  ...{ faults: [], slowMs: 0, length: 30_000, signals: [0], rival: null, step: null, down: 0 },
};

/** Everything that a seed decides. */
export function schedulePlan(seed: number): SchedulePlan {
  const chance = random(seed);
  const dags = Array.from({ length: 1 + chance.below(3) }, (_, i) => dag(chance, `d${i}`));
  return {
    ...{ seed, dags },
    wall: chance.pick(BEGINNINGS) + chance.below(1_000),
    shifts: Array.from({ length: 1 + chance.below(4) }, () => shift(chance)),
    maxRuns: chance.pick([0, 0, 0, 1, 2]),
    resumeInterrupted: !chance.oneIn(8),
  };
}

function shift(chance: Random): Shift {
  return {
    faults: faults(chance),
    slowMs: chance.pick([0, 0, 0, 2, 40]),
    length: chance.pick([500, 3_000, 12_000, 25_000]),
    signals: chance.pick([[0], [0], [0, 1_000], [0, 0, 0]]),
    rival: chance.oneIn(5) ? faults(chance) : null,
    step: chance.oneIn(3) ? { after: chance.below(10_000), by: chance.pick(STEPS) } : null,
    down: chance.pick([0, 0, 100, 4_000, 61_500, 400_000]),
  };
}

const STEPS = [
  -86_400_000,
  -3_600_000,
  -600_000,
  -4_000,
  -1,
  1,
  4_000,
  59_000,
  90_000,
  3_600_000,
  3 * 86_400_000,
];

function faults(chance: Random): Fault[] {
  if (chance.oneIn(5)) return [];
  const n = 1 + chance.below(chance.pick([4, 15, 60, 200]));
  if (chance.oneIn(8)) return [{ at: 'append', n, how: 'pause' }];
  if (chance.oneIn(2)) return [{ at: 'append', n, how: chance.pick(['before', 'after']) }];
  return [{ at: 'call', n: n * 3, how: chance.pick(['before', 'after']) }];
}

function dag(chance: Random, name: string): { readonly name: string; readonly text: string } {
  const start = chance.pick([
    ...['* * * * * *', '*/3 * * * * *', '*/7 * * * * *', '*/10 * * * * *', '* * * * *'],
    ...['0 0,1,2,3 * * *', '*/20 0-3 * * *', ['*/6 * * * * *', '*/4 * * * * *']],
  ] as const);
  const some = <T>(n: number, value: T): T | undefined => (chance.oneIn(n) ? value : undefined);
  const schedule = {
    start,
    stop: some(6, chance.pick(['*/5 * * * * *', '*/11 * * * * *'])),
    restart: some(6, chance.pick(['*/9 * * * * *', '30 * * * * *'])),
  };
  const text = {
    name,
    schedule,
    timezone: chance.pick(['UTC', 'Europe/Berlin', 'America/New_York']),
    overlap_policy: chance.pick(['skip', 'skip', 'all', 'latest', 'cancel_running']),
    catchup_window: some(3, chance.pick(['90s', '10m', '2d'])),
    jitter_sec: some(5, 3),
    skip_if_successful: some(6, true),
    restart_wait_sec: some(4, 2),
    retry_policy: some(6, { limit: 1, interval_sec: chance.pick([0, 2]) }),
    max_clean_up_time_sec: 1,
    hist_retention_days: some(8, 0),
    steps: [{ id: 'a', run: 'work' }, ...(chance.oneIn(3) ? [{ id: 'b', run: 'more', depends: ['a'] }] : [])],
  };
  return { name, text: JSON.stringify(text, null, 1) };
}

/** Commits that the first daemon of `everyCrash` makes: it dies at each of them. */
const COMMITS = 40;

/** Small plans in which the first daemon dies at its n-th commit, before or after it, and the second one soon after. */
export function* everyCrash(): Generator<SchedulePlan> {
  for (const policy of ['all', 'latest', 'cancel_running']) {
    const fields = { schedule: { start: '*/2 * * * * *', stop: '*/5 * * * * *' }, overlap_policy: policy };
    const dag = { name: 'd0', ...fields, max_clean_up_time_sec: 1, steps: [{ id: 'a', run: 'work' }] };
    const dags = [{ name: 'd0', text: JSON.stringify(dag) }];
    for (const how of ['before', 'after'] as const) {
      for (let n = 1; n <= COMMITS; n++) {
        const dying = (at: number): Shift => ({
          ...CALM_SHIFT,
          ...{ length: 6_000, faults: [{ at: 'append', n: at, how }] },
        });
        const shifts = [dying(n), dying(1 + (n % 9))];
        yield { seed: n, wall: BEGINNINGS[0] ?? 0, dags, shifts, maxRuns: 0, resumeInterrupted: true };
      }
    }
  }
}
