import { valueToJson } from '../../base/value.ts';
import type { HttpRequest } from '../../core/dag.ts';
import type { WaitAction } from '../../core/flow-action.ts';
import type { ActionIo } from '../action.ts';
import { HopelessRequest, HttpFailure } from '../http/failure.ts';
import { HTTP_LIMITS } from '../http/limits.ts';
import { firstRequest } from '../http/outgoing.ts';
import type { Outgoing } from '../http/outgoing.ts';
import { redirected } from '../http/redirect.ts';
import { send } from '../http/send.ts';
import type { Answer } from '../http/send.ts';
import { watchExchange } from '../http/watch.ts';
import { ActionFailure } from '../result.ts';
import { intervalOf, pause } from './pause.ts';

type WaitHttp = Extract<WaitAction, { kind: 'wait.http' }>;

/** Of a body only so much is read, so that the connection can be used again; a longer one closes it. */
const DRAINED_BYTES = 1024 * 1024;

/**
 * Asks until the answer has the status. What keeps it waiting is said on standard error, once for each change.
 * @throws ActionFailure when the request can never be sent, or the step is stopped
 */
export async function waitHttp(action: WaitHttp, io: ActionIo): Promise<void> {
  const interval = intervalOf('poll_interval', action.pollInterval);
  const limitMs = intervalOf('request_timeout', action.requestTimeout);
  const first = requestOf(action, io);
  let said = '';
  for (;;) {
    const reason = await ask(first, action.status, limitMs, io);
    if (reason === null) return;
    if (io.signal.aborted) throw new ActionFailure('stopped');
    if (reason !== said) io.err(`wait.http: ${reason}\n`);
    said = reason;
    await pause(interval, io);
  }
}

function requestOf({ method, url, headers, body }: WaitHttp, io: ActionIo): Outgoing {
  const json = body !== null && typeof body !== 'string';
  const request: HttpRequest = {
    method,
    url,
    headers,
    query: new Map(),
    body: json ? valueToJson(body) : body,
    form: null,
    files: null,
    timeoutSec: 0,
    json: false,
    silent: true,
    debug: false,
    output: null,
    skipTlsVerify: false,
  };
  try {
    const outgoing = firstRequest(request, io.idempotencyKey);
    if (!json) return outgoing;
    return {
      ...outgoing,
      ownHeaders: new Map([...outgoing.ownHeaders, ['content-type', 'application/json']]),
    };
  } catch (error) {
    if (error instanceof HttpFailure) throw new ActionFailure(error.message, { cause: error });
    throw error;
  }
}

/** Null when an answer of the chain of redirects has the status, else why not. */
async function ask(first: Outgoing, status: number, limitMs: number, io: ActionIo): Promise<string | null> {
  const watch = watchExchange(limitMs / 1_000, io);
  const { denyPrivate, env } = io;
  const wire = { watch, limits: HTTP_LIMITS, skipTlsVerify: false, denyPrivate, env };
  const chain: URL[] = [];
  try {
    let next = first;
    for (;;) {
      chain.push(next.url);
      const answer = await send(next, wire);
      const found = answer.message.statusCode ?? 0;
      await drain(answer);
      if (found === status) return null;
      const { location } = answer.message.headers;
      const target = redirected(next, found, location, chain, HTTP_LIMITS.redirects);
      if (target === null) return `http status is ${found}, waiting for ${status}`;
      next = target;
    }
  } catch (error) {
    const failure = watch.ended() ?? error;
    if (failure instanceof HopelessRequest) throw new ActionFailure(failure.message, { cause: error });
    if (failure instanceof HttpFailure) return failure.message;
    throw error;
  } finally {
    watch.close();
  }
}

async function drain({ chunks, message }: Answer): Promise<void> {
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size <= DRAINED_BYTES) continue;
    message.destroy();
    return;
  }
}
