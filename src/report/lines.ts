/** Longer lines are shown in pieces, so that memory stays bounded (RELIABILITY.md F5). */
const LONGEST_LINE = 64 * 1024;
const NEWLINE = 0x0a;
const LINE_END = Buffer.of(NEWLINE);

/** Cuts a stream of bytes into lines, without their newlines. What is unfinished waits for the rest. */
export class LineCutter {
  #parts: Uint8Array[] = [];
  #held = 0;

  /** Calls `line` for every line that `bytes` complete. */
  push(bytes: Uint8Array, line: (bytes: Uint8Array) => void): void {
    let from = 0;
    while (from < bytes.length) {
      const newline = bytes.indexOf(NEWLINE, from);
      const end = newline < 0 ? bytes.length : newline;
      from = this.#take(bytes, from, end, line);
      if (newline < 0) continue;
      line(this.#join());
      from = newline + 1;
    }
  }

  /**
   * Calls `block` with whole lines, each with its newline, in the order of `bytes`: what lies between the first and the
   * last newline is handed on as it is, not line by line. A block is a part of `bytes` and good until the call ends.
   */
  pushBlocks(bytes: Uint8Array, block: (lines: Uint8Array) => void): void {
    const whole = (line: Uint8Array): void => block(Buffer.concat([line, LINE_END]));
    // A line inside of such a part is never too long.
    for (let from = 0; from < bytes.length; from += LONGEST_LINE) {
      const part = bytes.subarray(from, from + LONGEST_LINE);
      const begin = this.#held === 0 ? 0 : part.indexOf(NEWLINE) + 1;
      const end = Math.max(begin, part.lastIndexOf(NEWLINE) + 1);
      this.push(part.subarray(0, begin), whole);
      if (end > begin) block(part.subarray(begin, end));
      this.push(part.subarray(end), whole);
    }
  }

  /** Gives out an unfinished last line. */
  flush(line: (bytes: Uint8Array) => void): void {
    if (this.#held > 0) line(this.#join());
  }

  /** Holds `bytes[from..end)`, giving out full pieces of it; returns `end`. */
  #take(bytes: Uint8Array, from: number, end: number, line: (bytes: Uint8Array) => void): number {
    let at = from;
    while (this.#held + (end - at) > LONGEST_LINE) {
      const cut = characterStart(bytes, at, at + LONGEST_LINE - this.#held);
      this.#hold(bytes.slice(at, cut));
      line(this.#join());
      at = cut;
    }
    if (at < end) this.#hold(bytes.slice(at, end));
    return end;
  }

  #hold(part: Uint8Array): void {
    this.#parts.push(part);
    this.#held += part.length;
  }

  #join(): Uint8Array {
    const line = this.#parts.length === 1 ? this.#parts[0] : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#held = 0;
    return line ?? new Uint8Array();
  }
}

/** The lines of a block, without their newlines, as parts of it. */
export function linesOf(block: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let from = 0, newline = 0; from < block.length; from = newline + 1) {
    newline = block.indexOf(NEWLINE, from);
    lines.push(block.subarray(from, newline));
  }
  return lines;
}

/** The last lines of a block, `most` of them at most. */
export function lastLinesOf(block: Uint8Array, most: number): Uint8Array[] {
  let from = block.length;
  // What is before the newline of an empty first line has a negative place, which would count from the end.
  for (let left = most; left > 0 && from > 0; left--)
    from = from === 1 ? 0 : block.lastIndexOf(NEWLINE, from - 2) + 1;
  return linesOf(block.subarray(from));
}

/**
 * Blocks of whole lines as one, `prefix` before each line. As text of one character a byte, whatever the bytes mean:
 * the engine replaces newlines faster than any loop, or a call for each line, could copy lines.
 */
export function prefixed(blocks: readonly Uint8Array[], prefix: string): Uint8Array {
  const before = Buffer.from(prefix).toString('latin1');
  const text = Buffer.concat(blocks).toString('latin1').slice(0, -1);
  // In what is put in, a dollar sign is written twice.
  const lines = text.replaceAll('\n', `\n${before.replaceAll('$', '$$$$')}`);
  return Buffer.from(`${before}${lines}\n`, 'latin1');
}

/** The last place at or before `cut`, and after `from`, where a UTF-8 character begins. */
function characterStart(bytes: Uint8Array, from: number, cut: number): number {
  let at = cut;
  while (at > from + 1 && at > cut - 4 && ((bytes[at] ?? 0) & 0xc0) === 0x80) at--;
  return ((bytes[at] ?? 0) & 0xc0) === 0x80 ? cut : at;
}
