import type { Observer } from '../core/observer.ts';
import type { Snapshot } from '../core/records.ts';

/** Shows an attempt: an observer of the engine that also has a last word. */
export interface Reporter extends Observer {
  /** The attempt has ended and its record is final. */
  finish(snapshot: Snapshot): void;
}

/** One reporter that passes everything on to several. */
export function reporters(all: readonly Reporter[]): Reporter {
  return {
    get busy() {
      return all.some((one) => one.busy);
    },
    event: (entry, snapshot) => all.forEach((one) => one.event(entry, snapshot)),
    output: (chunk) => all.forEach((one) => one.output(chunk)),
    finish: (snapshot) => all.forEach((one) => one.finish(snapshot)),
  };
}

/** The label of a step of a snapshot. */
export function labelOf(snapshot: Snapshot, step: number): string {
  return snapshot.steps[step - 1]?.label ?? String(step);
}
