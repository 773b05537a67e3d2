import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { pipeline, Readable } from 'node:stream';
import type { Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { isJsonText } from '../../base/json.ts';
import type { OutputValue } from '../../core/dag.ts';
import { errorCode, HttpFailure } from './failure.ts';
import { takeWhole } from './send.ts';
import type { Answer } from './send.ts';

/** Header names in lower case; several values joined, except those of set-cookie. */
export type HeaderMap = Record<string, string | string[]>;

/** A body that was read whole. */
export interface ReadBody {
  /** Null when it is not UTF-8. */
  readonly text: string | null;
  /** The text of a JSON value, exactly; null when the body is none. */
  readonly json: string | null;
}

const DECODERS: Readonly<Record<string, () => Transform>> = {
  gzip: () => createGunzip(),
  'x-gzip': () => createGunzip(),
  deflate: () => createInflate(),
  br: () => createBrotliDecompress(),
};
/** Nobody compresses more often than this; a list without end would start as many decoders. */
const MOST_ENCODINGS = 5;

/** True where HTTP itself says that there is no body. */
export function isBodyless(message: IncomingMessage, method: string): boolean {
  return method === 'HEAD' || message.statusCode === 204 || message.statusCode === 304;
}

/**
 * The body without its compression; unknown encodings are handed on as they are, which `warn` is told.
 * @throws HttpFailure while it is read, when it breaks off or cannot be decompressed
 */
export function decoded(answer: Answer, warn: (line: string) => void): AsyncIterable<Buffer> {
  const header = answer.message.headers['content-encoding'] ?? '';
  const encodings = header
    .toLowerCase()
    .split(',')
    .map((name) => name.trim());
  const applied = encodings.filter((name) => name !== '' && name !== 'identity');
  if (applied.length === 0) return answer.chunks;
  if (applied.length > MOST_ENCODINGS) throw new HttpFailure(`body is compressed ${applied.length} times`);
  const decoders = applied
    .reverse()
    .flatMap((name) => (Object.hasOwn(DECODERS, name) ? (DECODERS[name] ?? []) : []));
  if (decoders.length < applied.length) {
    warn(
      `content-encoding ${JSON.stringify(header.slice(0, 60))} is unknown, the body is kept as it was sent`,
    );
    return answer.chunks;
  }
  return decompressed(answer.chunks, decoders, header);
}

async function* decompressed(
  chunks: AsyncIterable<Buffer>,
  decoders: readonly (() => Transform)[],
  header: string,
): AsyncGenerator<Buffer> {
  let received = 0;
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      received += chunk.length;
      yield chunk;
    }
  }
  // The error of a part is passed from stream to stream; the loop below throws it.
  const plain = decoders.reduce<Readable>(
    (from, make) => pipeline(from, make(), () => undefined),
    Readable.from(counted()),
  );
  try {
    for await (const chunk of plain as AsyncIterable<Buffer>) yield chunk;
  } catch (error) {
    if (error instanceof HttpFailure) throw error;
    if (received === 0) return; // no body, as after HEAD: nothing was compressed
    throw new HttpFailure(`body cannot be decompressed as ${JSON.stringify(header)} (${errorCode(error)})`);
  }
}

/** Hands `take` the body without its compression. @throws HttpFailure also when it is more than `limit` bytes */
export async function eachChunk(
  answer: Answer,
  limit: number,
  warn: (line: string) => void,
  take: (chunk: Buffer) => void,
): Promise<void> {
  let total = 0;
  const bounded = (chunk: Buffer): void => {
    total += chunk.length;
    if (total > limit)
      throw new HttpFailure(`body is larger than ${sizeText(limit)}, use "output" for a file`);
    take(chunk);
  };
  const chunks = decoded(answer, warn);
  const whole = chunks === answer.chunks ? await takeWhole(answer) : null;
  if (whole === null) for await (const chunk of chunks) bounded(chunk);
  else if (whole.length > 0) bounded(whole);
}

function sizeText(bytes: number): string {
  const mebi = 1024 * 1024;
  return bytes % mebi === 0 ? `${bytes / mebi} MiB` : `${bytes} bytes`;
}

/** Reads the meaning of a whole body. */
export function readBody(chunks: readonly Buffer[]): ReadBody {
  const bytes = Buffer.concat(chunks);
  if (!isUtf8(bytes)) return { text: null, json: null };
  const text = bytes.toString('utf8');
  // RFC 8259 §8.1 lets a reader ignore a byte order mark.
  const value = text.startsWith('\uFEFF') ? text.slice(1) : text;
  return { text, json: isJsonText(value) ? value : null };
}

export function headerMap(message: IncomingMessage): HeaderMap {
  const map = Object.create(null) as HeaderMap;
  for (const [written, value] of headerLines(message)) {
    const name = written.toLowerCase();
    const before = map[name];
    if (name === 'set-cookie') map[name] = [...(before ?? []), value];
    else map[name] = before === undefined ? value : `${String(before)}, ${value}`;
  }
  return map;
}

/** Names and values as they came. */
export function headerLines(message: IncomingMessage): [string, string][] {
  const raw = message.rawHeaders;
  const lines: [string, string][] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) lines.push([raw[i] ?? '', raw[i + 1] ?? '']);
  return lines;
}

/** What a 2xx publishes (LANGUAGE.md §19.2); `body` is null when it went to a file. */
export function responseOutputs(
  message: IncomingMessage,
  body: ReadBody | null,
): Record<string, OutputValue> {
  const outputs: Record<string, OutputValue> = {
    status_code: { type: 'json', text: String(message.statusCode) },
    headers: { type: 'json', text: JSON.stringify(headerMap(message)) },
  };
  if (body === null || body.text === null) return outputs;
  const json = saysJson(message) ? body.json : null;
  outputs['body'] = json === null ? { type: 'string', text: body.text } : { type: 'json', text: json };
  return outputs;
}

function saysJson(message: IncomingMessage): boolean {
  const type = (message.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  return type === 'application/json' || type === 'text/json' || type.endsWith('+json');
}
