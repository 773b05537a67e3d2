import type { RunEvent } from '../core/events.ts';
import { stepAt, titleOf } from '../core/snapshot.ts';
import type { Snapshot } from '../core/records.ts';

/** One line of `run.log` ($FLOW_RUN_LOG_FILE): what flow says about the run, for people with a pager. */
export function runLogLine(event: RunEvent, snapshot: Snapshot): string {
  const step = 'step' in event && event.step !== null ? titleOf(stepAt(snapshot, event.step)) : null;
  const details: string[] = [];
  if ('try' in event && event.try !== null) details.push(`try ${event.try}`);
  if ('state' in event) details.push(event.state);
  if ('reason' in event && event.reason !== null) details.push(event.reason);
  if ('message' in event && event.message !== null) details.push(event.message);
  if ('exitCode' in event && event.exitCode !== null && event.exitCode !== 0)
    details.push(`exit code ${event.exitCode}`);
  if (event.type === 'step.lost') details.push(event.verdict.replace('_', ' '));
  const head = `${new Date(event.at).toISOString()} ${event.type}${step === null ? '' : ` ${step}`}`;
  return details.length === 0 ? `${head}\n` : `${head}: ${details.join(', ')}\n`;
}
