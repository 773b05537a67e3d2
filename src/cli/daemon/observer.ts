import { formatDuration } from '../../base/duration.ts';
import { shortId } from '../../base/ids.ts';
import type { JournalEvent } from '../../core/events.ts';
import type { Observer } from '../../core/observer.ts';
import type { Snapshot } from '../../core/records.ts';
import { labelOf } from '../../report/reporter.ts';
import { iso } from '../../report/times.ts';
import { endingWords, reasonWords } from '../../report/words.ts';
import type { DaemonLog } from '../../scheduler/types.ts';

/** What the daemon says of its runs: their beginnings and ends, and what went wrong; the rest is in their logs. */
export function runsInLog(log: DaemonLog): Observer {
  return {
    busy: false,
    ignoresOutput: true,
    output: () => undefined,
    nested: () => runsInLog(log),
    event: (entry, snapshot) => tell(log, entry, snapshot),
  };
}

function tell(log: DaemonLog, { event }: JournalEvent, snapshot: Snapshot): void {
  const { id: run, dag, scheduledAt } = snapshot.run;
  const name = `run ${shortId(run)} of ${dag}`;
  switch (event.type) {
    case 'run.started':
      log.info(`${name} started`, { run, dag, attempt: event.attempt, scheduled_at: iso(scheduledAt) });
      return;
    case 'run.resumed':
      log.info(`${name} goes on, attempt ${event.attempt}`, { run, dag, attempt: event.attempt });
      return;
    case 'run.aborting':
      log.info(`${name} is being stopped: ${reasonWords(event.reason)}`, { run, dag, reason: event.reason });
      return;
    case 'run.waiting':
      log.info(`${name} waits for a person`, { run, dag });
      return;
    case 'run.queued':
      log.info(`${name} is tried again`, { run, dag, due_at: event.dueAt });
      return;
    case 'run.finished': {
      const { state, reason, durationMs } = event;
      const why = reason === null ? '' : `: ${reasonWords(reason)}`;
      const text = `${name} ${state.replace('_', ' ')}${why}, ${formatDuration(durationMs)}`;
      const fields = { run, dag, state, reason, duration_ms: durationMs };
      if (state === 'failed') log.warn(text, fields);
      else log.info(text, fields);
      return;
    }
    case 'step.finished': {
      if (event.state !== 'failed' || event.tolerated) return;
      const step = labelOf(snapshot, event.step);
      const why = endingWords(event) ?? 'failed';
      log.warn(`${name}: ${step} failed: ${why}`, { run, dag, step, exit_code: event.exitCode });
      return;
    }
    case 'log.warning':
      log.warn(`${name}: ${event.code}: ${event.message}`, { run, dag, code: event.code });
      return;
    default:
      return;
  }
}
