import { parseDuration } from '../../base/duration.ts';
import type { TickRecord } from '../../core/records.ts';
import { RUN_STATES, runOwned, type RunStatus, type ShownRunStatus } from '../../core/states.ts';
import { shownState } from '../../engine/ownership.ts';
import { didYouMean } from '../../errors/suggest.ts';
import { EXIT, type ExitCode } from '../../errors/exit-codes.ts';
import { historyLines } from '../../report/history-text.ts';
import { historyJson, type ShownRun } from '../../report/run-json.ts';
import type { RunQuery } from '../../store/store.ts';
import type { Context } from '../context.ts';
import { tellInterrupted } from '../hints.ts';
import { parseLabel } from '../labels.ts';
import { dagNames } from '../places.ts';
import { usageError, wholeNumber } from '../usage.ts';
import { withReading, type Reading } from '../wiring.ts';

export interface HistoryFlags {
  readonly status?: string;
  readonly label?: string;
  readonly since?: string;
  readonly limit: string;
  readonly json?: boolean;
}

/** `flow history [DAG]` */
export async function history(
  context: Context,
  argument: string | undefined,
  flags: HistoryFlags,
): Promise<ExitCode> {
  const state = flags.status === undefined ? null : parseState(flags.status);
  const query = parseQuery(context, flags);
  const { runs, ticks } = await withReading(context, async (reading) => {
    if (argument === undefined) return entries(reading, query, state);
    for (const dag of await dagNames(context, argument)) {
      const found = await entries(reading, { ...query, dag }, state);
      if (found.runs.length + found.ticks.length > 0) return found;
    }
    return { runs: [], ticks: [] };
  });
  if (flags.json === true) {
    context.out.write(`${JSON.stringify(historyJson(runs, ticks), null, 2)}\n`);
  } else if (runs.length + ticks.length === 0) {
    context.err.write(`no runs${argument === undefined ? '' : ` of ${argument}`} are recorded\n`);
  } else {
    for (const line of historyLines(runs, ticks, context.clock.wall(), context.paintOut))
      context.out.write(`${line}\n`);
    const interrupted = runs.find((one) => one.state === 'interrupted');
    if (interrupted !== undefined) tellInterrupted(context, interrupted.run);
  }
  return EXIT.ok;
}

/** Runs, and the ticks of their time that became none; a state or a label is asked of runs only. */
async function entries(
  reading: Reading,
  query: RunQuery,
  state: ShownRunStatus | null,
): Promise<{ runs: ShownRun[]; ticks: TickRecord[] }> {
  const runs = await shown(reading, query, state);
  if (state !== null || query.label !== undefined) return { runs, ticks: [] };
  const { dag, limit } = query;
  const oldest = limit > 0 && runs.length === limit ? runs.at(-1)?.run.createdAt : undefined;
  const since = query.since ?? oldest;
  const about = { withoutRun: true, limit, ...(dag === undefined ? {} : { dag }) };
  return { runs, ticks: await reading.store.ticks({ ...about, ...(since === undefined ? {} : { since }) }) };
}

function parseQuery(context: Context, flags: HistoryFlags): RunQuery {
  const limit = wholeNumber('--limit', flags.limit, 0);
  if (flags.label !== undefined) parseLabel(flags.label);
  return {
    limit,
    ...(flags.since === undefined ? {} : { since: context.clock.wall() - parseSince(flags.since) }),
    ...(flags.label === undefined ? {} : { label: parseLabelFilter(flags.label) }),
  };
}

/** A bare label asks for the key, whatever its value. */
function parseLabelFilter(text: string): { key: string; value: string | null } {
  const [key, value] = parseLabel(text);
  return { key, value: text.includes('=') ? value : null };
}

function parseSince(text: string): number {
  const ms = parseDuration(text);
  if (ms === null) throw usageError(`--since must be a duration such as 7d or 1h30m, got "${text}"`);
  return ms;
}

function parseState(text: string): ShownRunStatus {
  const known: readonly string[] = [...RUN_STATES, 'interrupted'];
  if (known.includes(text)) return text as ShownRunStatus;
  throw usageError(`--status: no state "${text}"`, didYouMean(text, known) ?? `one of ${known.join(', ')}`);
}

/**
 * Runs in the state that is shown. `interrupted` is never written, so what is recorded as running is looked at
 * one by one before the limit counts.
 */
async function shown(
  { store, isOwnerAlive }: Reading,
  query: RunQuery,
  state: ShownRunStatus | null,
): Promise<ShownRun[]> {
  const withState = (runs: Awaited<ReturnType<typeof store.runs>>): ShownRun[] =>
    runs.map((run) => ({ run, state: shownState(run, isOwnerAlive) }));
  if (state === null) return withState(await store.runs(query));
  const states: RunStatus[] = state === 'interrupted' ? RUN_STATES.filter(runOwned) : [state];
  const owned = states.some(runOwned);
  const found = withState(await store.runs({ ...query, states, limit: owned ? 0 : query.limit }));
  const matching = found.filter((one) => one.state === state);
  return query.limit === 0 ? matching : matching.slice(0, query.limit);
}
