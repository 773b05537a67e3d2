import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildSync } from 'esbuild';
import { expect, test } from 'vitest';

const PROGRAM = `
import { systemClock } from './src/base/clock.ts';
import { httpRequest } from './src/actions/http/request.ts';
const request = {
  method: 'GET', url: process.argv[2], headers: new Map(), query: new Map(), body: null, form: null, files: null,
  timeoutSec: 3600, json: false, silent: true, debug: false, output: null, skipTlsVerify: false,
};
const io = {
  out() {}, err() {}, clock: systemClock, signal: new AbortController().signal, cwd: '.', env: {}, idempotencyKey: 'k',
};
const end = await httpRequest(request, io);
console.log(end.error?.message ?? end.outputs.body.text);
`;

test.each([
  ['an idle connection', 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody', 'body\n'],
  [
    'a response that nobody reads',
    'HTTP/1.1 302 Found\r\nLocation: file:///x\r\nContent-Length: 4\r\n\r\n',
    /^http\.request: redirect to something other/,
  ],
])('%s does not keep the process alive', async (_, answer, printed) => {
  const dir = mkdtempSync(join(tmpdir(), 'flow-exit-'));
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.write(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const outfile = join(dir, 'program.mjs');
    const stdin = {
      contents: PROGRAM,
      resolveDir: join(import.meta.dirname, '../../..'),
      loader: 'ts',
    } as const;
    buildSync({ stdin, outfile, bundle: true, platform: 'node', format: 'esm' });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    // The server never closes: the child ends by itself or this test runs out of time.
    const { stdout } = await promisify(execFile)(process.execPath, [outfile, url], { timeout: 30_000 });
    expect(stdout).toMatch(printed);
  } finally {
    server.close();
    rmSync(dir, { recursive: true });
  }
});
