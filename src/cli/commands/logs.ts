import { sleep } from '../../base/clock.ts';
import { runOwned } from '../../core/states.ts';
import type { Snapshot } from '../../core/records.ts';
import { stepsInOrder, titleOf } from '../../core/snapshot.ts';
import { shownState } from '../../engine/ownership.ts';
import { EXIT, type ExitCode } from '../../errors/exit-codes.ts';
import { nextLines } from '../../report/status-text.ts';
import type { Context } from '../context.ts';
import { LogFollower } from '../log-follower.ts';
import { logBytes, logSize, rawWriter, tailStart } from '../../report/log-files.ts';
import { logSections, type LogSection } from '../log-sections.ts';
import { runPlaces } from '../places.ts';
import { findRun, stepsNamed } from '../run-argument.ts';
import { settledRun } from '../settled-run.ts';
import { usageError, wholeNumber } from '../usage.ts';
import { withReading, type Reading } from '../wiring.ts';

export interface LogsFlags {
  readonly follow?: boolean;
  readonly try?: string;
  readonly stdout?: boolean;
  readonly stderr?: boolean;
  readonly tail?: string;
}

const POLL_MS = 150;

/** `flow logs [RUN] [STEP]`: raw bytes of one file, or several under headings; with `-f` until the run has ended. */
export async function logs(
  context: Context,
  run: string | undefined,
  step: string | undefined,
  flags: LogsFlags,
): Promise<ExitCode> {
  const tail = flags.tail === undefined ? null : wholeNumber('--tail', flags.tail, 0);
  const choice = { ...flags, try: flags.try === undefined ? null : wholeNumber('--try', flags.try, 1) };
  if (flags.follow === true && choice.try !== null) throw usageError('-f and --try cannot be combined');
  await withReading(context, async (reading) => {
    const snapshot = await findRun(reading.store, run, runPlaces(context));
    if (step !== undefined) stepsNamed(snapshot, step);
    const sections = (now: Snapshot): LogSection[] =>
      logSections(step === undefined ? stepsInOrder(now) : stepsNamed(now, step), choice);
    if (flags.follow !== true) show(context, sections(snapshot), tail);
    const last = flags.follow === true ? await follow(context, reading, snapshot, sections, tail) : snapshot;
    if (last !== null) hint(context, reading, last);
  });
  return EXIT.ok;
}

function show(context: Context, sections: readonly LogSection[], tail: number | null): void {
  const filled = sections.filter((section) => logSize(section.path) > 0);
  if (filled.length === 0) context.err.write('no output\n');
  for (const [i, section] of filled.entries()) {
    if (context.out.closed) return;
    if (filled.length > 1) context.out.write(`${i === 0 ? '' : '\n'}${heading(context, section)}\n`);
    const writer = rawWriter(context.out);
    let last = 0x0a;
    for (const bytes of logBytes(section.path, tail === null ? 0 : tailStart(section.path, tail))) {
      writer.write(bytes);
      last = bytes.at(-1) ?? last;
    }
    writer.end();
    // A heading begins a line of its own; a single file is shown byte for byte.
    if (filled.length > 1 && last !== 0x0a && !context.out.isTerminal) context.out.write('\n');
  }
}

function heading({ paintOut }: Context, { step, stream, try: n }: LogSection): string {
  const parts = [titleOf(step), ...(n > 1 ? [`try ${n}`] : []), ...(stream === 'stderr' ? ['stderr'] : [])];
  return paintOut('bold', `── ${parts.join(' · ')}`);
}

/**
 * Looks again and again at the files; nothing of the store is held meanwhile.
 * @returns the run as it was last; null when it has been deleted, which only an ended one is (C7)
 */
async function follow(
  context: Context,
  reading: Reading,
  snapshot: Snapshot,
  sections: (now: Snapshot) => LogSection[],
  tail: number | null,
): Promise<Snapshot | null> {
  const { store, isOwnerAlive } = reading;
  const follower = new LogFollower(context, snapshot);
  let last = snapshot;
  let now: Snapshot | null = snapshot;
  for (;;) {
    const state = now === null ? null : shownState(now.run, isOwnerAlive);
    const over =
      state === null || state === 'interrupted' || !(runOwned(last.run.state) || state === 'queued');
    // What is open is read to its end also when the files are deleted.
    follower.read(sections(last), tail);
    if (over || context.out.closed) break;
    await sleep(context.clock, POLL_MS);
    now = await store.load(snapshot.run.id);
    if (now !== null) now = await settledRun(reading, now);
    last = now ?? last;
  }
  follower.close();
  return now;
}

function hint({ err, paintErr }: Context, { isOwnerAlive }: Reading, { run }: Snapshot): void {
  const state = shownState(run, isOwnerAlive);
  if (state !== 'interrupted') return;
  for (const line of nextLines(run.id, state, paintErr)) err.write(`${line}\n`);
}
