import type { IncomingMessage } from 'node:http';
import type { HttpRequest } from '../../core/dag.ts';
import { failed, SUCCEEDED } from '../action.ts';
import type { ActionEnd, ActionIo } from '../action.ts';
import { displayUrl, HttpFailure } from './failure.ts';
import { HTTP_LIMITS } from './limits.ts';
import type { HttpLimits } from './limits.ts';
import { firstRequest } from './outgoing.ts';
import type { Outgoing } from './outgoing.ts';
import { openOutput } from './output-file.ts';
import type { OutputFile } from './output-file.ts';
import { debugRequest, debugResponse, headText, jsonText } from './print.ts';
import { redirected } from './redirect.ts';
import { decoded, eachChunk, isBodyless, readBody, responseOutputs } from './response.ts';
import { parseRetryAfter } from './retry-after.ts';
import { send } from './send.ts';
import type { Answer, Wire } from './send.ts';
import { openUpload } from './upload.ts';
import { watchExchange } from './watch.ts';

interface Exchange {
  readonly request: HttpRequest;
  readonly io: ActionIo;
  readonly wire: Wire;
  readonly file: OutputFile | null;
}

/** The answer of the last request of a chain of redirects. */
interface Final extends Answer {
  readonly bodyless: boolean;
}

/**
 * `http.request` (LANGUAGE.md §19.2, §19.3): one exchange, redirects included. Fails with R721 for a status
 * other than 2xx and with R720 for everything else; aborting `io.signal` ends it at once.
 */
export async function httpRequest(
  request: HttpRequest,
  io: ActionIo,
  limits: HttpLimits = HTTP_LIMITS,
): Promise<ActionEnd> {
  const watch = watchExchange(request.timeoutSec, io);
  try {
    const { skipTlsVerify } = request;
    const { denyPrivate, env } = io;
    return await exchange(request, io, { watch, limits, skipTlsVerify, denyPrivate, env });
  } catch (error) {
    const failure = watch.ended() ?? error;
    if (failure instanceof HttpFailure) return failed('R720', `http.request: ${failure.message}`);
    throw error;
  } finally {
    watch.close();
  }
}

async function exchange(request: HttpRequest, io: ActionIo, wire: Wire): Promise<ActionEnd> {
  const { files, form } = request;
  const upload = files === null ? null : await openUpload(form ?? new Map<string, string>(), files, io.cwd);
  try {
    return await perform(request, firstRequest(request, io.idempotencyKey, upload), io, wire);
  } finally {
    await upload?.close();
  }
}

async function perform(request: HttpRequest, first: Outgoing, io: ActionIo, wire: Wire): Promise<ActionEnd> {
  if (request.skipTlsVerify) note(io, 'TLS certificates are not verified (skip_tls_verify)');
  // Opened before anything is sent: a directory that is not there must not cost a request.
  const file = request.output === null ? null : await openOutput(request.output, io);
  try {
    const context = { request, io, wire, file };
    const answer = await follow(first, context);
    const ok = isOk(answer.message);
    return ok && file !== null ? await saveBody(answer, file, context) : await showBody(answer, ok, context);
  } finally {
    await file?.discard();
  }
}

async function follow(first: Outgoing, { request, io, wire }: Exchange): Promise<Final> {
  const chain: URL[] = [];
  let outgoing = first;
  for (;;) {
    chain.push(outgoing.url);
    if (request.debug) io.err(debugRequest(outgoing));
    const answer = await send(outgoing, wire);
    if (request.debug) io.err(debugResponse(answer.message));
    const { statusCode = 0, headers } = answer.message;
    const next = redirected(outgoing, statusCode, headers.location, chain, wire.limits.redirects);
    if (next === null) return { ...answer, bodyless: isBodyless(answer.message, outgoing.method) };
    answer.message.destroy();
    if (next.authorHeaders.size < outgoing.authorHeaders.size && next.url.origin !== outgoing.url.origin) {
      note(
        io,
        `redirect to ${displayUrl(next.url)}: the headers of this step are not sent to another origin`,
      );
    }
    outgoing = next;
  }
}

/** A 2xx with `output`. The body is not looked at, so it is never too large and need not be JSON. */
async function saveBody(answer: Final, file: OutputFile, { request, io }: Exchange): Promise<ActionEnd> {
  const { message } = answer;
  for await (const chunk of decoded(answer, (line) => note(io, line))) await file.write(chunk);
  await file.commit();
  if (!request.silent) io.out(request.json ? jsonText(message, null, false) : headText(message));
  return { ...SUCCEEDED, outputs: responseOutputs(message, null) };
}

/** Prints the body as it comes, or with `json` at its end, and keeps it where it is needed. */
async function showBody(answer: Final, ok: boolean, { request, io, wire }: Exchange): Promise<ActionEnd> {
  const { message } = answer;
  const bodyOnly = request.silent && ok;
  let head = request.json || bodyOnly ? '' : headText(message);
  const printHead = (): void => {
    if (head !== '') io.out(head);
    head = '';
  };
  // With a body that is here already it is written in one go.
  if (!message.complete) printHead();
  const kept: Buffer[] = [];
  try {
    const warn = (line: string): void => note(io, line);
    await eachChunk(answer, wire.limits.bodyBytes, warn, (chunk) => {
      if (!request.json) io.out(head === '' ? chunk : Buffer.concat([Buffer.from(head), chunk]));
      head = '';
      if (request.json || ok) kept.push(chunk);
    });
  } finally {
    printHead();
  }
  const body = readBody(kept);
  if (request.json) io.out(jsonText(message, answer.bodyless ? null : body, bodyOnly));
  if (!ok) return refused(message, io);
  if (request.json && body.json === null && !answer.bodyless) throw new HttpFailure('body is not JSON');
  return { ...SUCCEEDED, outputs: responseOutputs(message, body) };
}

function refused(message: IncomingMessage, io: ActionIo): ActionEnd {
  const status = message.statusCode ?? 0;
  const header = message.headers['retry-after'];
  const asks = (status === 429 || status === 503) && header !== undefined;
  const retryAfterMs = asks ? parseRetryAfter(header, io.clock.wall()) : null;
  if (asks && retryAfterMs === null) {
    note(
      io,
      `retry-after is neither seconds nor a date and is ignored: ${JSON.stringify(header.slice(0, 60))}`,
    );
  }
  return failed('R721', `http status not 2xx: ${status}`, { retryAfterMs });
}

function isOk(message: IncomingMessage): boolean {
  const { statusCode = 0 } = message;
  return statusCode >= 200 && statusCode < 300;
}

function note(io: ActionIo, line: string): void {
  io.err(`http.request: ${line}\n`);
}
