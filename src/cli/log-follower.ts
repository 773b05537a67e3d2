import type { Snapshot } from '../core/records.ts';
import { titleOf } from '../core/snapshot.ts';
import { openTail } from '../process/tail.ts';
import type { Tail } from '../process/processes.ts';
import { LineCutter } from '../report/lines.ts';
import { printable } from '../term/printable.ts';
import { displayWidth, padEnd } from '../base/width.ts';
import type { Context } from './context.ts';
import { tailStart } from '../report/log-files.ts';
import type { LogSection } from './log-sections.ts';

const CHUNK = 64 * 1024;
const WIDEST_LABEL = 24;

interface Followed {
  readonly section: LogSection;
  readonly tail: Tail;
  readonly lines: LineCutter;
}

/** Shows what is added to several log files, each line with the label of its step. */
export class LogFollower {
  readonly #context: Context;
  readonly #width: number;
  readonly #files = new Map<string, Followed>();

  constructor(context: Context, snapshot: Snapshot) {
    this.#context = context;
    const widest = snapshot.steps.reduce((width, step) => Math.max(width, displayWidth(titleOf(step))), 0);
    this.#width = Math.min(WIDEST_LABEL, widest);
  }

  /** Reads on in every file; of one that is seen for the first time only the last `tail` lines, null: all. */
  read(sections: readonly LogSection[], tail: number | null): void {
    for (const section of sections) {
      const file = this.#files.get(section.path) ?? this.#open(section, tail);
      for (let bytes = file.tail.read(CHUNK); bytes !== null; bytes = file.tail.read(CHUNK)) {
        file.lines.push(bytes, (line) => this.#line(section, line));
        if (this.#context.out.closed) return;
      }
    }
  }

  close(): void {
    for (const { section, tail, lines } of this.#files.values()) {
      lines.flush((line) => this.#line(section, line));
      tail.close();
    }
    this.#files.clear();
  }

  #open(section: LogSection, tailLines: number | null): Followed {
    const followed = { section, tail: openTail(section.path), lines: new LineCutter() };
    this.#files.set(section.path, followed);
    if (tailLines === null) return followed;
    let skip = tailStart(section.path, tailLines);
    while (skip > 0) {
      const bytes = followed.tail.read(Math.min(CHUNK, skip));
      if (bytes === null) break;
      skip -= bytes.length;
    }
    return followed;
  }

  #line({ step }: LogSection, line: Uint8Array): void {
    const { out, paintOut } = this.#context;
    const prefix = `${padEnd(titleOf(step), this.#width)} ${paintOut('dim', '│')} `;
    if (out.isTerminal) out.write(`${prefix}${printable(new TextDecoder().decode(line))}\n`);
    else out.write(Buffer.concat([Buffer.from(prefix), line, Buffer.from('\n')]));
  }
}
