import type { Clock } from '../base/clock.ts';
import type { Json } from '../base/json.ts';
import { EVENT_VERSION, stepName } from './event-json.ts';
import type { OutputChunk } from '../core/observer.ts';
import { iso } from './times.ts';

/** Makes `step.output` objects; characters that a chunk cuts in two wait for the next one of their stream. */
export class ChunkJson {
  readonly #clock: Clock;
  readonly #cut = new Map<string, OutputChunk>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The object for a chunk, or null when all of it is the beginning of a character. */
  next(chunk: OutputChunk): { [key: string]: Json } | null {
    const key = `${chunk.run} ${chunk.step} ${chunk.try} ${chunk.stream}`;
    const before = this.#cut.get(key)?.bytes;
    const bytes = before === undefined ? chunk.bytes : Buffer.concat([before, chunk.bytes]);
    const whole = bytes.length - unfinished(bytes);
    if (whole < bytes.length) this.#cut.set(key, { ...chunk, bytes: bytes.slice(whole) });
    else this.#cut.delete(key);
    return whole === 0 ? null : this.#object(chunk, bytes.subarray(0, whole));
  }

  /** What is left of a step whose try has ended, or of all steps. */
  rest(run: string, step: number | null): { [key: string]: Json }[] {
    const objects: { [key: string]: Json }[] = [];
    for (const [key, chunk] of this.#cut) {
      if (chunk.run !== run || (step !== null && chunk.step !== step)) continue;
      this.#cut.delete(key);
      objects.push(this.#object(chunk, chunk.bytes));
    }
    return objects;
  }

  #object(chunk: OutputChunk, bytes: Uint8Array): { [key: string]: Json } {
    return {
      v: EVENT_VERSION,
      at: iso(this.#clock.wall()),
      run: chunk.run,
      type: 'step.output',
      ...stepName({ step: chunk.label, item: chunk.item }),
      attempt: chunk.attempt,
      try: chunk.try,
      stream: chunk.stream,
      ...textOrBase64(bytes),
    };
  }
}

function textOrBase64(bytes: Uint8Array): { [key: string]: Json } {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return { base64: Buffer.from(bytes).toString('base64') };
  }
}

/** How many bytes at the end begin a UTF-8 character that is not complete. */
function unfinished(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}
