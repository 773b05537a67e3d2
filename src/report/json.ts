import type { Clock } from '../base/clock.ts';
import type { Json } from '../base/json.ts';
import type { JournalEvent } from '../core/events.ts';
import type { Snapshot } from '../core/records.ts';
import type { Sink } from '../term/sink.ts';
import { ChunkJson } from './chunk-json.ts';
import { eventJson } from './event-json.ts';
import type { OutputChunk } from '../core/observer.ts';
import { nameOf, type Reporter } from './reporter.ts';

/** `--output json` and `--events FILE`: one JSON object per line, output chunks among the events (CLI.md §4). */
export class JsonReporter implements Reporter {
  readonly #sink: Pick<Sink, 'write' | 'busy'>;
  readonly #chunks: ChunkJson;

  constructor(sink: Pick<Sink, 'write' | 'busy'>, clock: Clock) {
    this.#sink = sink;
    this.#chunks = new ChunkJson(clock);
  }

  event(entry: JournalEvent, snapshot: Snapshot): void {
    const { event } = entry;
    if ('step' in event && event.step !== null && event.type !== 'log.warning') {
      this.#rest(snapshot.run.id, event.step);
    }
    this.#line(eventJson(entry, (step) => nameOf(snapshot, step)));
  }

  /** Events name their run. */
  nested(): this {
    return this;
  }

  get busy(): boolean {
    return this.#sink.busy;
  }

  output(chunk: OutputChunk): void {
    const object = this.#chunks.next(chunk);
    if (object !== null) this.#line(object);
  }

  finish(snapshot: Snapshot): void {
    this.#rest(snapshot.run.id, null);
  }

  #rest(run: string, step: number | null): void {
    for (const object of this.#chunks.rest(run, step)) this.#line(object);
  }

  #line(object: { [key: string]: Json }): void {
    this.#sink.write(`${JSON.stringify(object)}\n`);
  }
}
