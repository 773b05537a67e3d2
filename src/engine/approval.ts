import type { RunEvent } from '../core/events.ts';
import { waitingFor } from '../core/questions.ts';
import type { Journal } from './journal.ts';

/** The end of a command, or the question that follows it: `approval` (§18.2). `prompt` is resolved. */
export function endOrApproval(event: RunEvent, journal: Journal, prompt: string | null): RunEvent {
  // A failure that is allowed is no success: there is nothing to approve.
  const succeeded = event.type === 'step.finished' && event.state === 'succeeded' && !event.tolerated;
  if (prompt === null || !succeeded) return event;
  const question = { kind: 'approval', prompt } as const;
  const tried = { try: event.try, outputs: event.outputs };
  return waitingFor(journal.snapshot, event.step, question, tried, event.at);
}
