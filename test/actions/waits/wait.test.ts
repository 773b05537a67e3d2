import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ActionEnd } from '../../../src/actions/action.ts';
import { perform } from '../../../src/actions/perform.ts';
import { eventually } from '../../support/eventually.ts';
import { manualClock } from '../../support/manual-clock.ts';
import { serve, testIo } from '../http/support.ts';
import type { TestIo } from '../http/support.ts';
import { actionOf, directory, done } from '../support.ts';

/** A wait that is under way. */
function waiting(name: string, given: object, io: TestIo): { ended: () => ActionEnd | null } {
  let end: ActionEnd | null = null;
  void perform(actionOf(name, given), io).then((result) => (end = result));
  return { ended: () => end };
}

describe('wait.duration and wait.until (§19.1)', () => {
  test('a duration passes by the monotonic clock', async () => {
    const clock = manualClock();
    const wait = waiting('wait.duration', { duration: '1h30m' }, testIo({ clock }));
    await eventually(() => clock.timers === 1);
    clock.advance(90 * 60_000 - 1);
    expect(clock.timers).toBe(1);
    clock.advance(1);
    await eventually(() => wait.ended() !== null);
    expect(wait.ended()).toMatchObject({ code: 0, outputs: {} });
  });

  test('an interrupted wait keeps its original end, which may be over (§22.2, R5)', async () => {
    const clock = manualClock();
    const action = { kind: 'wait.duration', duration: '60s', since: clock.wall() - 50_000 } as const;
    let ended = false;
    void perform(action, testIo({ clock })).then(() => (ended = true));
    await eventually(() => clock.timers === 1);
    clock.advance(10_000);
    await eventually(() => ended);
    const over = { ...action, since: clock.wall() - 60_000 };
    expect((await perform(over, testIo({ clock }))).code).toBe(0);
    expect(clock.timers).toBe(0);
  });

  test('until an instant of RFC 3339, or of the wall clock in the zone', async () => {
    const clock = manualClock(Date.parse('2026-07-01T09:59:30Z'));
    for (const until of ['2026-07-01T12:00:00+02:00', '2026-07-01 10:00']) {
      const wait = waiting('wait.until', { until }, testIo({ clock, env: { FLOW_TZ: 'UTC' } }));
      await eventually(() => clock.timers === 1);
      expect(wait.ended()).toBeNull();
      clock.advance(30_000);
      await eventually(() => wait.ended() !== null);
      expect(wait.ended()?.code).toBe(0);
      clock.advance(-30_000);
    }
  });

  test('a past time returns at once; a zone that is unknown, a time that cannot be read', async () => {
    const clock = manualClock(Date.parse('2026-07-01T10:00:00Z'));
    expect(
      (await done('wait.until', { until: '2026-07-01 10:00:00' }, testIo({ clock, env: { FLOW_TZ: 'UTC' } })))
        .failure,
    ).toBeNull();
    expect(
      (await done('wait.until', { until: '2026-07-01 10:00' }, testIo({ env: { FLOW_TZ: 'X/Y' } }))).failure,
    ).toBe('wait.until: unknown time zone "X/Y"');
    const io = { ...testIo({ clock, env: {} }), timeZone: 'X/Z' };
    expect((await done('wait.until', { until: '2026-07-01 10:00' }, io)).failure).toBe(
      'wait.until: unknown time zone "X/Z"',
    );
    const bad = { kind: 'wait.until', until: 'soon', timezone: null } as const;
    expect((await perform(bad, testIo())).error?.message).toMatch(/unreadable time "soon"/);
  });

  test('a stop ends a wait at once and leaves no timer', async () => {
    for (const [name, given] of [
      ['wait.duration', { duration: '1h' }],
      ['wait.until', { until: '2999-01-01 00:00' }],
      ['wait.file', { path: 'no' }],
    ] as const) {
      const clock = manualClock();
      const abort = new AbortController();
      const wait = waiting(name, given, testIo({ clock, signal: abort.signal, cwd: directory() }));
      await eventually(() => clock.timers === 1);
      abort.abort();
      await eventually(() => wait.ended() !== null);
      expect([wait.ended()?.error?.message, clock.timers]).toEqual([`${name}: stopped`, 0]);
    }
  });
});

describe('wait.file (§19.1)', () => {
  test('until it exists, until it is missing', async () => {
    const clock = manualClock();
    const cwd = directory();
    const io = testIo({ clock, cwd });
    const comes = waiting('wait.file', { path: 'f', poll_interval: '2s' }, io);
    await eventually(() => clock.timers === 1);
    writeFileSync(join(cwd, 'f'), '');
    expect(comes.ended()).toBeNull();
    clock.advance(2_000);
    await eventually(() => comes.ended() !== null);
    const goes = waiting('wait.file', { path: 'f', state: 'missing' }, io);
    await eventually(() => clock.timers === 1);
    rmSync(join(cwd, 'f'));
    clock.advance(1_000);
    await eventually(() => goes.ended() !== null);
    expect([comes.ended()?.code, goes.ended()?.code]).toEqual([0, 0]);
  });
});

describe('wait.http (§19.1)', () => {
  test('until the status comes, on one connection; what it waits for is said once for each change', async () => {
    const statuses = [503, 503, 404, 204];
    const server = await serve((_request, response) => {
      response.writeHead(statuses.shift() ?? 500).end();
    });
    const io = testIo();
    const end = await perform(
      actionOf('wait.http', { url: server.url, status: 204, poll_interval: '1ms' }),
      io,
    );
    expect([end.code, end.outputs, io.printed()]).toEqual([0, {}, '']);
    expect(io.noted()).toBe(
      'wait.http: http status is 503, waiting for 204\nwait.http: http status is 404, waiting for 204\n',
    );
    expect(server.requests.map(({ connection }) => connection)).toEqual([1, 1, 1, 1]);
  });

  test('sends method, headers and body; follows a redirect, or takes it when it is what is waited for', async () => {
    const server = await serve((request, response) => {
      if (request.path === '/') response.writeHead(307, { location: '/there' });
      response.end();
    });
    const seen = (): string[] =>
      server.requests.map(
        ({ method, path, headers, body }) => `${method} ${path} ${String(headers['x-a'])} ${body}`,
      );
    const given = { url: server.url, method: 'PUT', headers: { 'X-A': 'b' }, body: { n: 1 } };
    expect((await done('wait.http', given)).failure).toBeNull();
    expect(seen()).toEqual(['PUT / b {"n":1}', 'PUT /there b {"n":1}']);
    expect((await done('wait.http', { ...given, status: 307 })).failure).toBeNull();
    expect(server.requests.length).toBe(3);
  });

  test('a server that does not answer in time, or is not there, is asked again', async () => {
    let asked = 0;
    const server = await serve((_request, response) => {
      asked += 1;
      if (asked > 1) response.end();
    });
    const io = testIo();
    const given = { url: server.url, poll_interval: '1ms', request_timeout: '50ms' };
    expect((await done('wait.http', given, io)).failure).toBeNull();
    expect([asked, io.noted()]).toEqual([2, 'wait.http: not complete within its timeout of 0.05 s\n']);
    await server.close();
    const abort = new AbortController();
    const refused = testIo({ signal: abort.signal });
    const wait = waiting('wait.http', given, refused);
    await eventually(() => refused.noted().includes('connection refused'));
    abort.abort();
    await eventually(() => wait.ended() !== null);
    expect(wait.ended()?.error?.message).toBe('wait.http: stopped');
  });
});
