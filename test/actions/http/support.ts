import { afterEach } from 'vitest';
import type { ActionEnd, ActionIo } from '../../../src/actions/action.ts';
import { systemClock } from '../../../src/base/clock.ts';
import type { Clock } from '../../../src/base/clock.ts';
import type { HttpRequest } from '../../../src/core/dag.ts';
import { startServer } from '../../support/http-server.ts';
import type { Handler, TestServer } from '../../support/http-server.ts';

const open: TestServer[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

/** A server that is closed after the test. */
export async function serve(handler: Handler, tls?: { key: string; cert: string }): Promise<TestServer> {
  const server = await startServer(handler, tls);
  open.push(server);
  return server;
}

export function request(url: string, more: Partial<HttpRequest> = {}): HttpRequest {
  return {
    method: 'GET',
    url,
    headers: new Map(),
    query: new Map(),
    body: null,
    form: null,
    files: null,
    timeoutSec: 0,
    json: false,
    silent: false,
    debug: false,
    output: null,
    skipTlsVerify: false,
    ...more,
  };
}

export interface TestIo extends ActionIo {
  readonly chunks: Buffer[];
  /** All standard output so far. */
  printed(): string;
  /** All standard error so far. */
  noted(): string;
  /** Calls back after every write to standard output. */
  onOut: () => void;
}

export function testIo(more: Partial<ActionIo> = {}): TestIo {
  const chunks: Buffer[] = [];
  const errors: Buffer[] = [];
  const io: TestIo = {
    chunks,
    printed: () => Buffer.concat(chunks).toString(),
    noted: () => Buffer.concat(errors).toString(),
    onOut: () => undefined,
    out(bytes) {
      chunks.push(Buffer.from(bytes));
      io.onOut();
    },
    err: (bytes) => void errors.push(Buffer.from(bytes)),
    clock: systemClock,
    signal: new AbortController().signal,
    cwd: '.',
    env: {},
    idempotencyKey: 'key-of-the-step',
    timeZone: null,
    denyPrivate: false,
    ...more,
  };
  return io;
}

/** A clock that moves only when told to. */
export interface FakeClock extends Clock {
  /** Runs everything that is due on the way. */
  advance(ms: number): void;
  /** Waits that are armed. */
  waiting(): number;
}

export function fakeClock(startMs = 0): FakeClock {
  let now = startMs;
  const timers = new Set<{ at: number; wake: () => void }>();
  return {
    wall: () => now,
    mono: () => now,
    after(ms, wake) {
      const timer = { at: now + ms, wake };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    advance(ms) {
      now += ms;
      for (const timer of [...timers].sort((a, b) => a.at - b.at)) {
        if (timer.at > now || !timers.delete(timer)) continue;
        timer.wake();
      }
    },
    waiting: () => timers.size,
  };
}

/** The message of a failure, after checking its code. */
export function messageOf(end: ActionEnd, code: string): string {
  if (end.error?.code !== code || end.code !== 1) throw new Error(`not ${code}: ${JSON.stringify(end)}`);
  return end.error.message;
}

/** A promise and the function that resolves it. */
export function signalOf(): { readonly happened: Promise<void>; happen: () => void } {
  let happen = (): void => undefined;
  const happened = new Promise<void>((resolve) => (happen = resolve));
  return { happened, happen: () => happen() };
}
