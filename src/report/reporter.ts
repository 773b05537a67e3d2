import type { Dag } from '../core/dag.ts';
import type { Observer } from '../core/observer.ts';
import type { Snapshot } from '../core/records.ts';
import { titleOf } from '../core/snapshot.ts';
import type { StepName } from './event-json.ts';

/** Shows an attempt: an observer of the engine that also has a last word. */
export interface Reporter extends Observer {
  nested(label: string, dag: Dag): Reporter;
  /** The attempt has ended and its record is final; resolves when all of it is shown. */
  finish(snapshot: Snapshot): Promise<void> | void;
}

/** One reporter that passes everything on to several. */
export function reporters(all: readonly Reporter[]): Reporter {
  return {
    get busy() {
      return all.some((one) => one.busy);
    },
    ignoresOutput: all.every((one) => one.ignoresOutput === true),
    nested: (label, dag) => reporters(all.map((one) => one.nested(label, dag))),
    event: (entry, snapshot) => all.forEach((one) => one.event(entry, snapshot)),
    output: (chunk) => all.forEach((one) => one.output(chunk)),
    finish: async (snapshot) => {
      // All are told at once: a report that is written need not wait for a slow reader of another.
      await Promise.all(all.map(async (one) => one.finish(snapshot)));
    },
  };
}

/** What a step of a snapshot is called. */
export function labelOf(snapshot: Snapshot, step: number): string {
  const record = snapshot.steps[step - 1];
  return record === undefined ? String(step) : titleOf(record);
}

/** The same in two parts, for events (CLI.md §4). */
export function nameOf(snapshot: Snapshot, step: number): StepName {
  const record = snapshot.steps[step - 1];
  return { step: record?.label ?? String(step), item: record?.item?.key ?? null };
}
