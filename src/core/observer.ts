import type { Dag } from './dag.ts';
import type { JournalEvent } from './events.ts';
import type { Snapshot } from './records.ts';

/** Who watches an execution. Events come after their commit, output as it is written. */
export interface Observer {
  event(entry: JournalEvent, snapshot: Snapshot): void;
  output(chunk: OutputChunk): void;
  /** For a child run, whose lines are told apart by `label`. */
  nested(label: string, dag: Dag): Observer;
  /** True while its reader is behind: no output is handed on until it has caught up. */
  readonly busy: boolean;
  /** It does nothing with output, which then need not be read for it. */
  readonly ignoresOutput?: boolean;
}

/** Bytes that a try wrote to one of its streams, as they came; with merged logs all of them are standard output. */
export interface OutputChunk {
  readonly run: string;
  readonly step: number;
  readonly label: string;
  /** Key of the item that a body step works on. */
  readonly item: string | null;
  readonly attempt: number;
  readonly try: number;
  readonly stream: 'stdout' | 'stderr';
  readonly bytes: Uint8Array;
}
