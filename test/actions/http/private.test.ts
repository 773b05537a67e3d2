import { execFileSync, spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { isPrivateAddress } from '../../../src/actions/http/private-address.ts';
import { httpRequest } from '../../../src/actions/http/request.ts';
import { BIN, place } from '../../support/flow.ts';
import { done } from '../support.ts';
import { messageOf, request, serve, testIo } from './support.ts';

describe('I16: http.deny_private (CLI.md §7)', () => {
  test.each([
    ...['127.0.0.1', '127.9.9.9', '0.0.0.0', '10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.1.1'],
    ...['169.254.169.254', '100.100.100.200', '168.63.129.16', '192.0.0.192', '224.0.0.1', '255.255.255.255'],
    ...['::', '::1', 'fe80::1', 'fe80::1%eth0', 'fd00:ec2::254', 'fec0::1', 'ff02::1', '2002:7f00:1::'],
    ...['::ffff:127.0.0.1', '::ffff:a9fe:a9fe', '64:ff9b::10.0.0.1', '64:ff9b:1::1'],
  ])('%s is private', (address) => expect(isPrivateAddress(address)).toBe(true));

  test.each([
    ...['1.1.1.1', '8.8.8.8', '172.15.0.1', '172.32.0.1', '100.128.0.1', '223.255.255.255', '192.0.1.1'],
    ...['2606:4700::1111', '::ffff:1.1.1.1', '64:ff9b::8.8.8.8'],
  ])('%s is not', (address) => expect(isPrivateAddress(address)).toBe(false));

  test('loopback is refused in every spelling, by address and by name; off, it is not', async () => {
    const server = await serve((_, response) => response.end('ok'));
    const { port } = new URL(server.url);
    const hosts = ['127.0.0.1', 'localhost', '[::1]', '[::ffff:127.0.0.1]', '2130706433', '0x7f.1', '127.1'];
    for (const host of hosts) {
      const end = await httpRequest(request(`http://${host}:${port}/`), testIo({ denyPrivate: true }));
      expect(messageOf(end, 'R720'), host).toMatch(
        /^http\.request: .* is a private address, which the configuration denies \(http\.deny_private\)$/,
      );
    }
    expect(server.requests).toEqual([]);
    expect((await httpRequest(request(server.url), testIo())).error).toBeNull();
  });

  test('wait.http fails at once instead of asking again', async () => {
    const server = await serve((_, response) => response.end());
    const { failure } = await done('wait.http', { url: server.url }, testIo({ denyPrivate: true }));
    expect(failure).toContain('wait.http: 127.0.0.1 is a private address');
    expect(server.requests).toEqual([]);
  });

  test('a redirect from a public address to a private one is refused', ({ skip }) => {
    const inNamespace = (script: string): string[] => ['-Urn', 'sh', '-c', `${SET_UP} && ${script}`];
    if (spawnSync('unshare', inNamespace('true')).status !== 0)
      skip('no network namespaces, or no ip command');
    const at = place();
    at.write(
      'dag.yaml',
      'steps: [{id: a, action: http.request, with: {method: GET, url: "http://203.0.113.5:8080/"}}]\n',
    );
    at.write('servers.mjs', SERVERS);
    const env = {
      PATH: process.env['PATH'] ?? '',
      HOME: at.dir,
      FLOW_HOME: at.home,
      BIN,
      NODE: process.execPath,
    };
    const run = (deny: string): string =>
      execFileSync('unshare', inNamespace('"$NODE" servers.mjs'), {
        cwd: at.dir,
        encoding: 'utf8',
        env: { ...env, FLOW_HTTP_DENY_PRIVATE: deny },
      });
    expect(run('false')).toContain('exit 0, secrets read: 1');
    const denied = run('true');
    expect(denied).toContain('exit 1, secrets read: 0');
    expect(denied).toContain('127.0.0.1 is a private address');
  });
});

/** A documentation address stands for the public internet. */
const SET_UP = 'ip link set lo up && ip addr add 203.0.113.5/32 dev lo';

const SERVERS = `import http from 'node:http';
import { spawn } from 'node:child_process';
let read = 0;
const listen = (host, port, answer) => new Promise((ready) => http.createServer(answer).listen(port, host, ready));
await listen('127.0.0.1', 8081, (_, response) => { read += 1; response.end('secret'); });
await listen('203.0.113.5', 8080, (_, response) => response.writeHead(302, { location: 'http://127.0.0.1:8081/' }).end());
const flow = spawn(process.execPath, [process.env.BIN, 'run', 'dag.yaml'], { stdio: ['ignore', 'inherit', 'pipe'] });
flow.stderr.pipe(process.stdout);
flow.on('close', (code) => { console.log('exit ' + code + ', secrets read: ' + read); process.exit(0); });
`;
