import type { Clock } from '../base/clock.ts';
import { sleep } from '../base/clock.ts';
import { exhaustion, whenPossible } from './exhausted.ts';
import type { Group, TryPlace } from './marker.ts';
import { groupMembers, isAnother, livingOf } from './marker.ts';
import { createPrivate } from './private-files.ts';
import type { StopHow } from './processes.ts';
import { listProcesses, processInfo } from './table.ts';
import { tryFile } from './try-files.ts';

const SIGNAL_AGAIN_MS = 5_000;
/** From SIGKILL until what still lives is called unkillable (B15). */
const CONFIRM_MS = 10_000;
const LOOK_AGAIN_MS = 25;
/** What was called unkillable may take days. */
const KILL_AGAIN_MS = 500;

/** A try that runs. Its group is another when it had to be started once more. */
export interface RunningPlace {
  readonly dir: string;
  group: Group;
}

/** The stop sequence of one try (LANGUAGE.md §13.7, RELIABILITY.md §3.8). */
export class StopSequence {
  readonly #clock: Clock;
  readonly #place: RunningPlace;
  readonly #timers: (() => void)[] = [];
  #stage: 'none' | 'signalled' | 'killed' = 'none';

  constructor(clock: Clock, place: RunningPlace) {
    this.#clock = clock;
    this.#place = place;
  }

  get begun(): boolean {
    return this.#stage !== 'none';
  }

  /** The first call begins; a later one counts only when it kills. */
  begin(how: StopHow): void {
    if (how.kill) this.#kill();
    if (this.#stage !== 'none') return;
    this.#stage = 'signalled';
    leaveStopFile(this.#place.dir);
    this.#signal(how.signal);
    this.#timers.push(this.#clock.after(how.graceMs, () => this.#kill()));
  }

  /**
   * To be called when the leader of the group has ended: waits for the rest of the group while the grace lasts,
   * then kills what the try left anywhere, and waits for that too.
   */
  async finish(unkillable: (pids: readonly number[]) => void): Promise<void> {
    const members = (): number[] => groupMembers(listProcesses(), this.#place.group);
    while (this.#stage === 'signalled' && (await whenPossible(this.#clock, members)).length > 0) {
      await sleep(this.#clock, LOOK_AGAIN_MS);
    }
    this.#kill();
    await killToTheEnd(this.#clock, this.#place, unkillable);
  }

  /** A stopped process sees nothing until it continues, so SIGCONT follows every signal (B8). */
  #signal(signal: NodeJS.Signals): void {
    if (this.#stage !== 'signalled') return;
    signalGroup(this.#place.group, signal);
    signalGroup(this.#place.group, 'SIGCONT');
    this.#timers.push(this.#clock.after(SIGNAL_AGAIN_MS, () => this.#signal(signal)));
  }

  #kill(): void {
    this.#stage = 'killed';
    for (const cancel of this.#timers.splice(0)) cancel();
    signalGroup(this.#place.group, 'SIGKILL');
  }
}

/** Kills everything alive that a try started and returns when it is gone; `unkillable` hears once what is not after 10 s. */
export async function killToTheEnd(
  clock: Clock,
  place: TryPlace,
  unkillable: (pids: readonly number[]) => void,
): Promise<void> {
  const left = await killAndConfirm(clock, [place]);
  if (left.length === 0) return;
  unkillable(left);
  while (true) {
    const living = await whenPossible(clock, () => livingOf([place]));
    if (living.length === 0) return;
    for (const pid of living) send(pid, 'SIGKILL');
    await sleep(clock, KILL_AGAIN_MS);
  }
}

/**
 * Kills everything alive that these tries started, again and again because it may fork meanwhile, until nothing
 * is left or 10 s have passed. Returns the pids that are left.
 */
export async function killAndConfirm(clock: Clock, places: readonly TryPlace[]): Promise<number[]> {
  const deadline = clock.mono() + CONFIRM_MS;
  while (true) {
    const left = await whenPossible(clock, () => livingOf(places));
    if (left.length === 0 || clock.mono() >= deadline) return left;
    for (const pid of left) send(pid, 'SIGKILL');
    await sleep(clock, LOOK_AGAIN_MS);
  }
}

/** The signal matters more: it is sent again, so that a full disk only delays the end of a list. */
function leaveStopFile(dir: string): void {
  try {
    createPrivate(tryFile.stop(dir), '');
  } catch {
    // An earlier owner has left it, or there is no room for it.
  }
}

/** Signals a process group, unless its id has passed to another process. */
function signalGroup(group: Group, signal: NodeJS.Signals): void {
  if (!hasNewLeader(group)) send(-group.pid, signal);
}

function hasNewLeader(group: Group): boolean {
  try {
    const leader = processInfo(group.pid);
    return leader !== null && isAnother(leader, group);
  } catch (error) {
    if (exhaustion(error) === null) throw error;
    return false; // cannot look now, and a signal of a stop must not be lost for that
  }
}

/** Signals a process, or a group by its negative number, if there is one. */
export function send(target: number, signal: NodeJS.Signals): void {
  try {
    process.kill(target, signal);
  } catch (error) {
    // ESRCH: it has ended. EPERM: another user's, or only zombies; what lives is found and named afterwards.
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}
