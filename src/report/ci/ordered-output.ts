import { sleep, type Clock } from '../../base/clock.ts';
import { printable } from '../../term/printable.ts';
import type { Sink } from '../../term/sink.ts';
import { LineCutter } from '../lines.ts';
import { logBytes, logSize } from '../log-files.ts';

const NEWLINE = 0x0a;
const CATCH_UP_MS = 5;
/** Pieces of a log that are written before others have their turn. */
const PIECES_PER_TURN = 16;

type Part = { readonly sink: Sink; readonly text: string } | { readonly log: string };

/**
 * Texts and whole log files, written one after the other in the order in which they came. Logs are copied from the
 * disk in pieces and only while the reader keeps up, so that memory stays bounded however large they are.
 */
export class OrderedOutput {
  readonly #out: Sink;
  readonly #clock: Clock;
  readonly #onTrouble: (message: string) => void;
  readonly #parts: Part[] = [];
  #writing: Promise<void> | null = null;

  /** Logs go to `out`; `onTrouble` hears of one that cannot be read. */
  constructor(out: Sink, clock: Clock, onTrouble: (message: string) => void) {
    this.#out = out;
    this.#clock = clock;
    this.#onTrouble = onTrouble;
  }

  /** Writes whole lines, at once when nothing waits. */
  text(sink: Sink, text: string): void {
    if (text === '') return;
    if (this.#writing === null) sink.write(text);
    else this.#parts.push({ sink, text });
  }

  /** Writes a log file as it is when its turn comes; always whole lines. */
  log(path: string): void {
    this.#parts.push({ log: path });
    this.#writing ??= this.#writeAll();
  }

  /** Resolves when everything is written, or nobody reads it any more. */
  async done(): Promise<void> {
    while (this.#writing !== null) await this.#writing;
  }

  async #writeAll(): Promise<void> {
    // A log that is too large is cut right after the event of its end (RELIABILITY.md F1).
    await Promise.resolve();
    for (let part = this.#parts.shift(); part !== undefined; part = this.#parts.shift()) {
      if ('text' in part) part.sink.write(part.text);
      else await this.#copy(part.log);
    }
    this.#writing = null;
  }

  async #copy(path: string): Promise<void> {
    const writer = lineWriter(this.#out);
    try {
      let pieces = 0;
      // What a process that the step left behind still prints belongs to no block.
      for (const bytes of logBytes(path, 0, logSize(path))) {
        if (this.#out.closed) return;
        writer.write(bytes);
        pieces += 1;
        if (pieces % PIECES_PER_TURN === 0 || this.#out.busy) await this.#turn();
      }
    } catch (error) {
      this.#onTrouble(`cannot read ${path}: ${(error as Error).message}`);
    } finally {
      writer.end();
    }
  }

  async #turn(): Promise<void> {
    await sleep(this.#clock, 0);
    while (this.#out.busy && !this.#out.closed) await sleep(this.#clock, CATCH_UP_MS);
  }
}

interface LineWriter {
  write(bytes: Uint8Array): void;
  /** Ends the last line. */
  end(): void;
}

/**
 * Bytes as they are, each write up to the end of a line where there is one, so that nothing else comes to stand within
 * a line; on a terminal without what would move its cursor (RELIABILITY.md F7).
 */
function lineWriter(out: Sink): LineWriter {
  if (out.isTerminal) {
    const lines = new LineCutter();
    const show = (line: Uint8Array): void => out.write(`${printable(new TextDecoder().decode(line))}\n`);
    return { write: (bytes) => lines.push(bytes, show), end: () => lines.flush(show) };
  }
  let held: Uint8Array = new Uint8Array();
  let last = NEWLINE;
  const pass = (bytes: Uint8Array): void => {
    if (bytes.length === 0) return;
    out.write(bytes);
    last = bytes[bytes.length - 1] ?? last;
  };
  return {
    write(bytes) {
      const end = bytes.lastIndexOf(NEWLINE) + 1;
      // A line without an end in sight is not held any longer: memory is bounded.
      const cut = end === 0 && held.length > 0 ? bytes.length : end;
      pass(Buffer.concat([...(cut > 0 ? [held] : []), bytes.subarray(0, cut)]));
      held = cut > 0 ? bytes.slice(cut) : bytes;
    },
    end() {
      pass(held);
      held = new Uint8Array();
      if (last !== NEWLINE) out.write('\n');
    },
  };
}
