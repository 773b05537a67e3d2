import type { Random } from '../support/random.ts';

/** What the processes of one try do. */
export interface Behaviour {
  /** From the spawn to the claim. */
  readonly claimMs: number;
  entryMs(entry: number): number;
  codeOf(entry: number): number;
  readonly ignoresTerm: boolean;
  /** From the signal of a stop to the end, and what it ends with: a command may answer by ending well. */
  readonly termMs: number;
  readonly termCode: number;
  /** What is left running when a command has ended. */
  readonly background: 'none' | 'in group' | 'escaped';
  readonly backgroundMs: number;
  /** When somebody kills the wrapper; null: nobody. */
  readonly lostAfterMs: number | null;
  /** The command goes on after that. */
  readonly orphans: boolean;
}

export const WELL: Behaviour = {
  ...{ claimMs: 5, entryMs: () => 50, codeOf: () => 0, ignoresTerm: false, termMs: 10, termCode: 143 },
  ...{ background: 'none', backgroundMs: 0, lostAfterMs: null, orphans: false },
};

export function behaviourOf(chance: Random): Behaviour {
  const lengths = [0, 1, 2, 3].map(() => chance.pick([0, 1, 20, 100, 400, 1_500, 4_000]));
  const codes = [0, 1, 2, 3].map(() => (chance.oneIn(6) ? chance.pick([1, 2, 75]) : 0));
  return {
    claimMs: chance.pick([0, 1, 5, 30]),
    entryMs: (entry) => lengths[entry % 4] ?? 0,
    codeOf: (entry) => codes[entry % 4] ?? 0,
    ignoresTerm: chance.oneIn(5),
    termMs: chance.pick([0, 1, 50, 500]),
    termCode: chance.oneIn(4) ? 0 : 143,
    background: chance.oneIn(6) ? chance.pick(['in group', 'escaped']) : 'none',
    backgroundMs: chance.pick([10, 500, 20_000]),
    lostAfterMs: chance.oneIn(12) ? chance.pick([0, 1, 50, 500]) : null,
    orphans: chance.oneIn(3),
  };
}
