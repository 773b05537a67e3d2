import type { JournalEvent } from '../../core/events.ts';
import type { Snapshot } from '../../core/records.ts';
import { goesOn } from '../../engine/ownership.ts';
import { EXIT, type ExitCode } from '../../errors/exit-codes.ts';
import { eventJson } from '../../report/event-json.ts';
import { journalLine } from '../../report/journal-text.ts';
import { nameOf } from '../../report/reporter.ts';
import { sleep } from '../../base/clock.ts';
import type { Context } from '../context.ts';
import { runPlaces } from '../places.ts';
import { findRun } from '../run-argument.ts';
import { wholeNumber } from '../usage.ts';
import { withReading, type Reading } from '../wiring.ts';

export interface EventsFlags {
  readonly follow?: boolean;
  readonly json?: boolean;
  readonly after?: string;
}

const PAGE = 1_000;
const POLL_MS = 200;

/** `flow events [RUN]`: the journal in order; with `-f` until the run has ended. */
export async function events(
  context: Context,
  argument: string | undefined,
  flags: EventsFlags,
): Promise<ExitCode> {
  const after = flags.after === undefined ? 0 : wholeNumber('--after', flags.after, 0);
  await withReading(context, async (reading) => {
    const snapshot = await findRun(reading.store, argument, runPlaces(context));
    let seq = await printAfter(context, reading, snapshot, after, flags);
    while (flags.follow === true && !context.out.closed && (await mayGrow(reading, snapshot.run.id))) {
      await sleep(context.clock, POLL_MS);
      seq = await printAfter(context, reading, snapshot, seq, flags);
    }
    if (flags.follow === true) await printAfter(context, reading, snapshot, seq, flags);
  });
  return EXIT.ok;
}

async function mayGrow({ store, isOwnerAlive }: Reading, id: string): Promise<boolean> {
  const now = await store.load(id);
  return now !== null && goesOn(now.run, isOwnerAlive);
}

/** Prints what came after `after`, page by page, and returns the last number. */
async function printAfter(
  context: Context,
  { store }: Reading,
  snapshot: Snapshot,
  after: number,
  flags: EventsFlags,
): Promise<number> {
  let last = after;
  for (;;) {
    const page = await store.events({ run: snapshot.run.id, after: last, limit: PAGE });
    for (const entry of page) context.out.write(`${text(context, snapshot, entry, flags.json === true)}\n`);
    last = page.at(-1)?.seq ?? last;
    if (page.length < PAGE || context.out.closed) return last;
  }
}

function text({ paintOut }: Context, snapshot: Snapshot, entry: JournalEvent, json: boolean): string {
  if (json) return JSON.stringify(eventJson(entry, (step) => nameOf(snapshot, step)));
  return journalLine(entry, snapshot, paintOut);
}
