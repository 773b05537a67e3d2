import type { Observer } from '../core/observer.ts';

/** For commands that say in one line what became of a run: its logs and its journal have the rest. */
export const SILENT: Observer = {
  busy: false,
  ignoresOutput: true,
  event: () => undefined,
  output: () => undefined,
  nested: () => SILENT,
};
