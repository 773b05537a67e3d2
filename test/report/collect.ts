import { USUAL_SIZE, type Sink } from '../../src/term/sink.ts';

/** Sinks that collect; `all` holds what both got, in order. */
export function collectors(isTerminal = false): {
  out: Sink;
  err: Sink;
  all: () => string;
  stdout: () => string;
} {
  const pieces: { to: 'out' | 'err'; bytes: Buffer }[] = [];
  const sink = (to: 'out' | 'err'): Sink => ({
    isTerminal,
    closed: false,
    busy: false,
    size: USUAL_SIZE,
    write: (data) => void pieces.push({ to, bytes: Buffer.from(data as Uint8Array) }),
  });
  const text = (only: readonly string[]): string =>
    Buffer.concat(pieces.filter(({ to }) => only.includes(to)).map(({ bytes }) => bytes)).toString();
  return { out: sink('out'), err: sink('err'), all: () => text(['out', 'err']), stdout: () => text(['out']) };
}
