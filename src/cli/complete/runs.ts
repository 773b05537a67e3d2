import { shortId } from '../../base/ids.ts';
import type { RunRecord } from '../../core/records.ts';
import { shownState } from '../../engine/ownership.ts';
import { ago } from '../../report/times.ts';
import type { Context } from '../context.ts';
import { withReading } from '../reading.ts';
import type { Candidate } from './candidate.ts';

/** People look for what they have just done; the rest is in `flow history`. */
const NEWEST = 50;

/** What a RUN argument may be (CLI.md §1), newest first: `last`, the short ids of runs, and the DAGs of these. */
export function runCandidates(context: Context): Promise<Candidate[]> {
  return withReading(context, async ({ store, isOwnerAlive }) => {
    const now = context.clock.wall();
    const told = (run: RunRecord): string =>
      `${run.dag}, ${shownState(run, isOwnerAlive).replace('_', ' ')}, ${ago(run.createdAt, now)}`;
    const runs = await store.runs({ limit: NEWEST });
    const [newest] = runs;
    if (newest === undefined) return [];
    return [
      { value: 'last', description: told(newest) },
      ...runs.map((run) => ({ value: shortId(run.id), description: told(run) })),
      ...[...new Set(runs.map(({ dag }) => dag))].map((dag) => ({
        value: dag,
        description: `the newest run of ${dag}`,
      })),
    ];
  });
}
