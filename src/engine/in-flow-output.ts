import type { MaskStream } from '../core/mask.ts';
import type { TryOutput } from './prepare.ts';
import type { RunFiles } from './types.ts';

/** Where an action inside flow prints: the masked log, and the files of the author as they are. */
export interface InFlowOutput {
  out(bytes: Uint8Array | string): void;
  err(bytes: Uint8Array | string): void;
  /** The action is over: writes what the masking has held back. */
  end(): void;
}

export function inFlowOutput(
  files: Pick<RunFiles, 'append' | 'appendForAuthor'>,
  logs: { readonly outLog: string; readonly errLog: string },
  { masker, files: author }: TryOutput,
): InFlowOutput {
  const ends: (() => void)[] = [];
  const open = (log: string): ((bytes: Uint8Array | string) => void) => {
    if (masker === null) return (bytes) => files.append(log, bytes);
    const stream: MaskStream = masker.stream();
    ends.push(() => appendSome(stream.end()));
    const appendSome = (bytes: Uint8Array): void => {
      if (bytes.length > 0) files.append(log, bytes);
    };
    return (bytes) =>
      appendSome(stream.push(typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes));
  };
  const out = open(logs.outLog);
  const err = logs.errLog === logs.outLog ? out : open(logs.errLog);
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
