/** Longer lines are shown in pieces, so that memory stays bounded (RELIABILITY.md F5). */
const LONGEST_LINE = 64 * 1024;
const NEWLINE = 0x0a;

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

/** The last place at or before `cut`, and after `from`, where a UTF-8 character begins. */
function characterStart(bytes: Uint8Array, from: number, cut: number): number {
  let at = cut;
  while (at > from + 1 && at > cut - 4 && ((bytes[at] ?? 0) & 0xc0) === 0x80) at--;
  return ((bytes[at] ?? 0) & 0xc0) === 0x80 ? cut : at;
}
