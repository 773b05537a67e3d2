import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { sleep } from '../base/clock.ts';
import { isProcessAlive } from './identity.ts';
import { carrying } from './marker.ts';
import { pipeEnd } from './pipe-files.ts';
import type { Recovered } from './processes.ts';
import { send } from './stop.ts';
import { goneByPolling, supervise } from './supervise.ts';
import type { Claimant } from './try-files.ts';
import { endOf, entriesDone, fence, readClaim, readExit, tryFile } from './try-files.ts';
import { wrapperMarker } from './wrapper-environment.ts';

const LOOK_AGAIN_MS = 20;
/** A wrapper that has created its claim writes it at once, unless somebody stopped it. */
const UNDECIDED_MS = 5_000;
/** From SIGKILL until it is called unkillable. */
const KILLED_MS = 10_000;

/** What became of a try whose owner is dead, in the order of R5; see `Processes.recover`. Can be repeated. */
export async function recoverTry(clock: Clock, dir: string): Promise<Recovered> {
  const left = await exited(clock, dir);
  if (left !== null) return left;
  if (fence(dir)) return { kind: 'never_started', entriesDone: entriesDone(dir) };
  const by = await claimant(clock, dir);
  if (by === 'nobody') return { kind: 'never_started', entriesDone: entriesDone(dir) };
  if (by !== null && isProcessAlive(by)) {
    // A wrapper writes the exit file before it goes on to another try.
    const now = await exited(clock, dir);
    if (now !== null) return now;
    return {
      kind: 'alive',
      process: supervise(clock, { place: { dir, group: by }, piped: null }, () =>
        goneByPolling(clock, dir, by),
      ),
    };
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
 * Who claimed the try, null when the text is not legible. An undecided claim whose maker lives is about to be written;
 * without a maker no command has ever run. A maker that does not write is killed: its command starts only after the
 * claim is complete, so nothing is lost.
 */
async function claimant(clock: Clock, dir: string): Promise<Claimant | null | 'nobody'> {
  const begun = clock.mono();
  while (true) {
    const makers = possibleMakers(dir);
    const claim = readClaim(dir);
    if (claim.kind === 'claimed') return claim.by;
    if (claim.kind === 'fenced' || makers.length === 0) return 'nobody';
    const waited = clock.mono() - begun;
    if (waited >= UNDECIDED_MS + KILLED_MS) {
      throw new Error(`cannot kill pid ${makers.join(', ')}, which holds the claim of ${dir}`);
    }
    if (waited >= UNDECIDED_MS) for (const pid of makers) send(pid, 'SIGKILL');
    await sleep(clock, LOOK_AGAIN_MS);
  }
}

/** Wrappers of the run that live and are not known to run another of its tries. */
function possibleMakers(dir: string): number[] {
  const makers = carrying([tryFile.outputs(dir), wrapperMarker(dir)]);
  if (makers.length === 0) return [];
  const tries = dirname(dir);
  const busy = new Set(readdirSync(tries).map((name) => runningIn(join(tries, name))));
  return makers.filter((pid) => !busy.has(pid));
}

function runningIn(dir: string): number | null {
  const claim = readClaim(dir);
  return claim.kind === 'claimed' && readExit(dir) === null ? (claim.by?.pid ?? null) : null;
}
