import { describe, expect, test } from 'vitest';
import { scheduleTicks } from '../../src/core/schedule.ts';
import { dagOf } from '../support/diagnose.ts';

/** The first ticks as `kind instant by expression`. */
function ticks(schedule: string, from: string, count: number): string[] {
  const found: string[] = [];
  const dag = dagOf(`schedule: ${schedule}\nsteps: [{run: echo hi}]`);
  for (const { kind, at, entry } of scheduleTicks(dag.schedule ?? [], 'UTC', Date.parse(from))) {
    const by = 'cron' in entry ? entry.cron.text : 'at';
    if (found.push(`${kind} ${new Date(at).toISOString().slice(0, 16)} ${by}`) === count) break;
  }
  return found;
}

describe('the ticks of a schedule (§20.1, §20.3)', () => {
  test('entries are merged; those that match one instant make one tick', () => {
    expect(
      ticks('["0 */6 * * *", "0 12 * * *", {at: "2026-05-01T18:00:00Z"}]', '2026-05-01T05:00:00Z', 4),
    ).toEqual([
      'start 2026-05-01T06:00 0 */6 * * *',
      'start 2026-05-01T12:00 0 */6 * * *',
      'start 2026-05-01T18:00 0 */6 * * *',
      'start 2026-05-02T00:00 0 */6 * * *',
    ]);
  });

  test('of one instant each kind has its tick, what stops before what starts', () => {
    const all = '{start: "0 8 * * *", stop: "0 8 * * *", restart: "0 8 * * *"}';
    expect(ticks(all, '2026-05-01T00:00:00Z', 3)).toEqual([
      'stop 2026-05-01T08:00 0 8 * * *',
      'restart 2026-05-01T08:00 0 8 * * *',
      'start 2026-05-01T08:00 0 8 * * *',
    ]);
  });

  test('an instant fires once, strictly later, and then nothing is left', () => {
    const once = '[{at: "2026-05-01T06:00:00Z"}]';
    expect(ticks(once, '2026-05-01T05:59:59.999Z', 5)).toEqual(['start 2026-05-01T06:00 at']);
    expect(ticks(once, '2026-05-01T06:00:00Z', 5)).toEqual([]);
  });

  test('each entry is in its own zone', () => {
    expect(ticks('["TZ=Asia/Tokyo 0 9 * * *", "0 1 * * *"]', '2026-05-01T00:00:00Z', 3)).toEqual([
      'start 2026-05-01T01:00 0 1 * * *',
      'start 2026-05-02T00:00 0 9 * * *',
      'start 2026-05-02T01:00 0 1 * * *',
    ]);
  });
});
