import type { Clock } from '../base/clock.ts';
import { sleep } from '../base/clock.ts';
import { belongsTo, livingOf } from './marker.ts';
import { pipeEnd } from './pipe-files.ts';
import type { Recovered } from './processes.ts';
import { killAndConfirm } from './stop.ts';
import { goneByPolling, supervise } from './supervise.ts';
import { endOf, entriesDone, fence, readClaim, readExit } from './try-files.ts';

const LOOK_AGAIN_MS = 20;
/** A wrapper that has created its claim writes it at once, unless somebody stopped it. */
const UNDECIDED_MS = 5_000;

/** What became of a try whose owner is dead, in the order of R5; see `Processes.recover`. Can be repeated. */
export async function recoverTry(clock: Clock, dir: string): Promise<Recovered> {
  const left = await exited(clock, dir);
  if (left !== null) return left;
  if (fence(dir)) return { kind: 'never_started', entriesDone: entriesDone(dir) };
  const pid = await claimant(clock, dir);
  if (pid === 'nobody') return { kind: 'never_started', entriesDone: entriesDone(dir) };
  const info = pid === null ? null : belongsTo(pid, dir);
  if (info !== null) {
    return { kind: 'alive', process: supervise(clock, dir, info, goneByPolling(clock, info)) };
  }
  // It may have written its exit between the first look and its death.
  return (await exited(clock, dir)) ?? { kind: 'lost', entriesDone: entriesDone(dir) };
}

async function exited(clock: Clock, dir: string): Promise<Recovered | null> {
  const code = readExit(dir);
  if (code === null) return null;
  const piped = await pipeEnd(clock, dir, true);
  const end = { ...endOf(code), ...(piped === null ? {} : { piped }) };
  return { kind: 'exited', end, entriesDone: entriesDone(dir) };
}

/**
 * The pid in the claim, null when it is not legible. An undecided claim whose maker lives is about to be
 * written; without a maker no command has ever run. A maker that does not write is killed first: its command
 * starts only after the claim is complete, so nothing is lost.
 */
async function claimant(clock: Clock, dir: string): Promise<number | null | 'nobody'> {
  const deadline = clock.mono() + UNDECIDED_MS;
  while (true) {
    const maker = livingOf([{ dir, group: null }]);
    const claim = readClaim(dir);
    if (claim.kind === 'claimed') return claim.pid;
    if (claim.kind === 'fenced' || maker.length === 0) return 'nobody';
    if (clock.mono() >= deadline && (await killAndConfirm(clock, [{ dir, group: null }])).length > 0) {
      throw new Error(`cannot kill pid ${maker.join(', ')}, which holds the claim of ${dir}`);
    }
    await sleep(clock, LOOK_AGAIN_MS);
  }
}
