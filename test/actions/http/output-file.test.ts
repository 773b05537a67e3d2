import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HTTP_LIMITS } from '../../../src/actions/http/limits.ts';
import { httpRequest } from '../../../src/actions/http/request.ts';
import { messageOf, request, serve, testIo } from './support.ts';

let cwd = '';
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'flow-http-'));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

test('§19.2 a 2xx body goes to the file, 0600, decompressed, and beyond the limit', async () => {
  const body = Buffer.alloc(5_000_000, 'data ');
  const server = await serve((_, response) =>
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(body)),
  );
  writeFileSync(join(cwd, 'out.bin'), 'old', { mode: 0o644 });
  const io = testIo({ cwd });
  const end = await httpRequest(request(server.url, { output: 'out.bin' }), io, {
    ...HTTP_LIMITS,
    bodyBytes: 1000,
  });
  expect(end.error).toBeNull();
  expect(Object.keys(end.outputs)).toEqual(['status_code', 'headers']);
  expect(readFileSync(join(cwd, 'out.bin')).equals(body)).toBe(true);
  expect(statSync(join(cwd, 'out.bin')).mode & 0o777).toBe(0o600);
  expect(readdirSync(cwd)).toEqual(['out.bin']);
  expect(io.printed()).toMatch(/^HTTP\/1\.1 200 OK\n[^]*\n\n$/);
});

test('silent prints nothing then, json the object without body', async () => {
  const server = await serve((_, response) => response.end('x'));
  const silent = testIo({ cwd });
  const json = testIo({ cwd });
  await httpRequest(request(server.url, { output: 'a', silent: true }), silent);
  await httpRequest(request(server.url, { output: join(cwd, 'b'), json: true }), json);
  expect(silent.printed()).toBe('');
  expect(Object.keys(JSON.parse(json.printed()) as object)).toEqual(['status_code', 'headers']);
  expect(readdirSync(cwd)).toEqual(['a', 'b']);
});

test('a status other than 2xx leaves the file alone and prints its body', async () => {
  const server = await serve((_, response) => response.writeHead(500).end('why'));
  writeFileSync(join(cwd, 'a'), 'old');
  const io = testIo({ cwd });
  messageOf(await httpRequest(request(server.url, { output: 'a' }), io), 'R721');
  expect(io.printed()).toMatch(/\n\nwhy$/);
  expect(readFileSync(join(cwd, 'a'), 'utf8')).toBe('old');
  expect(readdirSync(cwd)).toEqual(['a']);
});

test('I7 a body that breaks off leaves no file and nothing half-done', async () => {
  const server = await serve((_, response, socket) => {
    response.writeHead(200, { 'content-length': '1000' });
    response.write('half', () => socket.destroy());
  });
  const end = await httpRequest(request(server.url, { output: 'a' }), testIo({ cwd }));
  expect(messageOf(end, 'R720')).toContain('ended before the response was complete');
  expect(readdirSync(cwd)).toEqual([]);
});

test('what a crash left behind is replaced', async () => {
  const server = await serve((_, response) => response.end('new'));
  const mark = createHash('sha256').update('key-of-the-step').digest('hex').slice(0, 16);
  writeFileSync(join(cwd, `.a.${mark}.part`), 'half of an earlier try');
  await httpRequest(request(server.url, { output: 'a' }), testIo({ cwd }));
  expect(readdirSync(cwd)).toEqual(['a']);
  expect(readFileSync(join(cwd, 'a'), 'utf8')).toBe('new');
});

test('a directory that is not there fails before anything is sent', async () => {
  const server = await serve((_, response) => response.end());
  const end = await httpRequest(request(server.url, { method: 'POST', output: 'no/a' }), testIo({ cwd }));
  expect(messageOf(end, 'R720')).toBe('http.request: cannot write "no/a" (ENOENT)');
  expect(server.requests).toEqual([]);
});

test('a directory in the way fails and stays', async () => {
  const server = await serve((_, response) => response.end());
  mkdirSync(join(cwd, 'd'));
  const end = await httpRequest(request(server.url, { output: 'd' }), testIo({ cwd }));
  expect(messageOf(end, 'R720')).toBe('http.request: cannot write "d" (EISDIR)');
  expect(readdirSync(cwd)).toEqual(['d']);
});
