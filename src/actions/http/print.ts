import type { IncomingMessage } from 'node:http';
import { displayUrl } from './failure.ts';
import { headersOf } from './outgoing.ts';
import type { Outgoing } from './outgoing.ts';
import { headerLines, headerMap } from './response.ts';
import type { ReadBody } from './response.ts';

/** Names whose values are not shown, not even to `debug`. */
const SECRET = /auth|cookie|token|secret|passw|credential|signature|session|api[-_]?key|access[-_]?key/i;

/** Status line, headers as they came, and the empty line before the body. */
export function headText(message: IncomingMessage): string {
  const lines = headerLines(message).map(([name, value]) => `${name}: ${value}`);
  return `${[statusLine(message), ...lines].join('\n')}\n\n`;
}

/**
 * The one object of `json: true`: `{status_code, headers, body}`, or `{body}` when `bodyOnly`. A JSON body is
 * put in as it came, so that no number changes; another is a string; without one there is no `body`.
 */
export function jsonText(message: IncomingMessage, body: ReadBody | null, bodyOnly: boolean): string {
  const parts: string[] = [];
  if (!bodyOnly) {
    parts.push(`"status_code":${message.statusCode ?? 0}`, `"headers":${JSON.stringify(headerMap(message))}`);
  }
  if (body !== null && body.text !== null) {
    parts.push(`"body":${body.json === null ? JSON.stringify(body.text) : body.json.trim()}`);
  }
  return `{${parts.join(',')}}\n`;
}

/** A request as `debug` shows it on standard error. */
export function debugRequest(outgoing: Outgoing): string {
  return debugText('>', `${outgoing.method} ${displayUrl(outgoing.url)}`, headersOf(outgoing));
}

/** A response as `debug` shows it on standard error. */
export function debugResponse(message: IncomingMessage): string {
  return debugText('<', statusLine(message), headerLines(message));
}

function debugText(mark: string, first: string, headers: readonly (readonly [string, string])[]): string {
  const lines = headers.map(([name, value]) => `${name}: ${SECRET.test(name) ? '***' : value}`);
  return [first, ...lines].map((line) => `${mark} ${line}\n`).join('');
}

function statusLine(message: IncomingMessage): string {
  return `HTTP/${message.httpVersion} ${message.statusCode ?? 0} ${message.statusMessage ?? ''}`.trimEnd();
}
