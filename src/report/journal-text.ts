import type { JournalEvent } from '../core/events.ts';
import type { Snapshot } from '../core/records.ts';
import type { Paint } from '../term/color.ts';
import { padEnd, padStart } from '../base/width.ts';
import { labelOf } from './reporter.ts';
import { localTime } from './times.ts';
import { endingWords, reasonWords } from './words.ts';

/** One line of `flow events`: number, time, type, step, and what else the event tells. */
export function journalLine({ seq, event }: JournalEvent, snapshot: Snapshot, paint: Paint): string {
  const notes: string[] = [];
  if ('step' in event && event.step !== null) notes.push(labelOf(snapshot, event.step));
  if ('try' in event && event.try !== null && event.try > 1) notes.push(`try ${event.try}`);
  if ('state' in event) notes.push(event.state.replace('_', ' '));
  if ('exitCode' in event) notes.push(endingWords(event) ?? '');
  else if ('reason' in event && event.reason !== null) notes.push(reasonWords(event.reason));
  if (event.type === 'run.finished' && event.dueAt !== null) notes.push('another attempt follows');
  if (event.type === 'run.stop_requested' && event.force) notes.push('at once');
  if (event.type === 'step.lost') notes.push(event.verdict.replace('_', ' '));
  if (event.type === 'log.warning') notes.push(`${event.code} ${event.message}`);
  const head = `${paint('dim', `${padStart(String(seq), 6)}  ${localTime(event.at)}`)}  ${padEnd(event.type, 13)}`;
  return `${head}  ${notes.filter((note) => note !== '').join('  ')}`.trimEnd();
}
