import { describe, expect, test } from 'vitest';
import { campaign } from '../support/crash/campaign.ts';
import { SHAPES } from '../support/crash/shapes.ts';
import { BIN } from '../support/flow.ts';

/** Of the widest shapes; the others take a part of it. `npm run crash` goes on for longer. */
const KILLS = Number(process.env['FLOW_TEST_KILLS'] ?? 200);
const SEED = Number(process.env['FLOW_TEST_SEED'] ?? 20_261_123);
const PART: Readonly<Record<string, number>> = { layers: 1, 'items and child runs': 4 };
const LONG = 15 * 60_000;

describe('A1, A4–A6: kill -9 of flow at random moments, each followed by resume', () => {
  const planned = SHAPES.map((shape) => ({ shape, kills: Math.ceil(KILLS / (PART[shape.name] ?? 20)) }));
  test.each(planned)(
    '$kills kills of $shape.name: nothing is lost, nothing happens twice',
    async ({ shape, kills }) => {
      const tally = await campaign(shape, { bin: BIN, kills, seed: SEED });
      expect(tally).toMatchObject({ lost: 0, doubled: 0, problems: [] });
      expect(tally.kills).toBeGreaterThanOrEqual(kills);
    },
    LONG,
  );
});
