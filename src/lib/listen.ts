import type { JournalEvent } from '../core/events.ts';
import type { Observer } from '../core/observer.ts';
import type { StepNames } from '../report/event-json.ts';
import { eventJson } from '../report/event-json.ts';
import { nameOf } from '../report/reporter.ts';
import type { EventType, FlowEvent, ResumeOptions } from './types.ts';

/** Hands events and output to the functions of the caller. */
export function listener({ onEvent, onOutput }: Pick<ResumeOptions, 'onEvent' | 'onOutput'>): Observer {
  const observer: Observer = {
    busy: false,
    ignoresOutput: onOutput === undefined,
    // Events and output name their run.
    nested: () => observer,
    event(entry, snapshot) {
      if (onEvent === undefined) return;
      apart(() => onEvent(flowEvent(entry, (step) => nameOf(snapshot, step))));
    },
    output({ run, label, item, attempt, try: n, stream, bytes }) {
      apart(() => onOutput?.({ run, step: label, item, attempt, try: n, stream, bytes }));
    },
  };
  return observer;
}

/** The public object of an event (CLI.md §4). */
export function flowEvent(entry: JournalEvent, names: StepNames): FlowEvent {
  // Does not compile while an event of the journal is missing among the published ones.
  const type: EventType = entry.event.type;
  return { ...eventJson(entry, names), type } as unknown as FlowEvent;
}

/** What a listener throws is an error of the program, not of the run: it is uncaught there, and the run goes on. */
function apart(tell: () => void): void {
  try {
    tell();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
