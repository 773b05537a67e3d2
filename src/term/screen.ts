import { displayWidth } from '../base/width.ts';
import type { Sink, Size } from './sink.ts';

/** Control sequences of ECMA-48, and the private modes of DEC and of synchronized output that terminals ignore. */
const HIDE_CURSOR = '\x1b[?25l';
const SHOW_CURSOR = '\x1b[?25h';
const BEGIN_FRAME = '\x1b[?2026h';
const END_FRAME = '\x1b[?2026l';
const CLEAR_LINE = '\x1b[K';
const CLEAR_BELOW = '\x1b[J';

/**
 * The lower part of a terminal, whose lines are drawn again and again in place. What anybody else writes goes through
 * it and stands above. The cursor is kept at the beginning of the line below: whatever is written past it, as by a
 * process that dies, spoils nothing.
 */
export class Screen implements Sink {
  readonly #sink: Sink;
  #drawn: readonly string[] = [];
  #drawnFor: Size;
  #isOpen = false;
  #isOver = false;

  constructor(sink: Sink) {
    this.#sink = sink;
    this.#drawnFor = sink.size;
  }

  get isTerminal(): boolean {
    return this.#sink.isTerminal;
  }

  get size(): Size {
    return this.#sink.size;
  }

  get closed(): boolean {
    return this.#sink.closed;
  }

  get busy(): boolean {
    return this.#sink.busy;
  }

  /** True once nothing is drawn any more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Shows these lines in the place of those before; each must fit into the width, and all into the height less one. */
  draw(lines: readonly string[]): void {
    if (this.#isOver || this.#sink.busy) return;
    const opening = this.#isOpen ? '' : HIDE_CURSOR;
    this.#isOpen = true;
    const isResized = this.#isResized();
    const same = isResized ? [] : this.#drawn;
    const text = lines.map((line, i) => (line === same[i] ? '\r\n' : `\r${line}${CLEAR_LINE}\r\n`)).join('');
    // Below stands what the terminal has echoed, as `^C`.
    this.#sink.write(`${BEGIN_FRAME}${opening}${this.#toTop(isResized)}${text}${CLEAR_BELOW}${END_FRAME}`);
    this.#drawn = lines;
    this.#drawnFor = this.#sink.size;
  }

  /** Text of somebody else: it stands above the lines. */
  write(data: string | Uint8Array): void {
    if (this.#drawn.length === 0) {
      this.#sink.write(data);
      return;
    }
    const text = typeof data === 'string' ? data : Buffer.from(data).toString('utf8');
    const lines = this.#drawn;
    const erased = `${this.#toTop(this.#isResized())}${CLEAR_BELOW}`;
    this.#sink.write(`${BEGIN_FRAME}${erased}${text}${text.endsWith('\n') ? '' : '\n'}`);
    this.#drawn = [];
    this.draw(lines);
  }

  /** What is drawn is not where it was: the next lines begin below. As after Ctrl-Z and `fg`. */
  forget(): void {
    this.#drawn = [];
    this.#isOpen = false;
  }

  /** Leaves the lines as they are, and the cursor below them. */
  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#drawn = [];
    if (this.#isOpen) this.#sink.write(SHOW_CURSOR);
  }

  #isResized(): boolean {
    const { columns, rows } = this.#sink.size;
    return columns !== this.#drawnFor.columns || rows !== this.#drawnFor.rows;
  }

  /** To the first of the drawn lines. After a change of its width a terminal has wrapped those that were longer. */
  #toTop(isResized: boolean): string {
    const { columns, rows } = this.#sink.size;
    const height = (line: string): number => Math.max(1, Math.ceil(displayWidth(line) / columns));
    const wrapped = isResized ? this.#drawn.reduce((sum, line) => sum + height(line), 0) : this.#drawn.length;
    const up = Math.min(wrapped, rows - 1);
    return up > 0 ? `\r\x1b[${up}A` : '\r';
  }
}
