import type { MaskStream } from '../core/mask.ts';
import type { Echo } from './echo.ts';
import type { TryOutput } from './prepare.ts';
import type { RunFiles } from './types.ts';

/** Where an action inside flow prints: the masked log, and the files of the author as they are. */
export interface InFlowOutput {
  out(bytes: Uint8Array | string): void;
  err(bytes: Uint8Array | string): void;
  /** The action is over: writes what the masking has held back. */
  end(): void;
}

/** The logs of a try inside flow. */
export interface InFlowLogs {
  readonly outLog: string;
  readonly errLog: string;
  /** They may be there already, of this try; else each is made with the first thing that it gets. */
  readonly mayExist: boolean;
  /** What shows them, where nothing was written before. */
  readonly echoes?: { readonly out: Echo; readonly err: Echo };
}

export function inFlowOutput(
  files: Pick<RunFiles, 'create' | 'append' | 'appendForAuthor'>,
  logs: InFlowLogs,
  { masker, files: author }: TryOutput,
): InFlowOutput {
  const ends: (() => void)[] = [];
  const open = (log: string, echo: Echo | undefined): ((bytes: Uint8Array | string) => void) => {
    let there = logs.mayExist;
    const append = (bytes: Uint8Array | string): void => {
      if (bytes.length === 0) return;
      // A log that is there already is not of this try (E11).
      if (there) files.append(log, bytes);
      else files.create(log, bytes);
      there = true;
      echo?.wrote(bytes);
    };
    if (masker === null) return append;
    const stream: MaskStream = masker.stream();
    ends.push(() => append(stream.end()));
    return (bytes) =>
      append(stream.push(typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes));
  };
  const out = open(logs.outLog, logs.echoes?.out);
  const err = logs.errLog === logs.outLog ? out : open(logs.errLog, logs.echoes?.err);
  const also =
    (path: string | null, write: typeof out): typeof out =>
    (bytes) => {
      write(bytes);
      if (path !== null) files.appendForAuthor(path, bytes);
    };
  return {
    out: also(author.stdout, out),
    err: also(author.stderr, err),
    end: () => ends.forEach((end) => end()),
  };
}
