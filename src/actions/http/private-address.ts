import { lookup } from 'node:dns';
import type { LookupAddress, LookupOptions } from 'node:dns';
import { BlockList, isIP } from 'node:net';
import type { LookupFunction } from 'node:net';
import { HopelessRequest } from './failure.ts';

/** What is not the public internet, and where clouds keep the credentials of a machine (RELIABILITY.md I16). */
const PRIVATE: readonly (readonly [network: string, prefix: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['168.63.129.16', 32],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
  ['::', 127],
  ['64:ff9b:1::', 48],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 9],
  ['ff00::', 8],
];

let blocked: BlockList | null = null;

/** Made when it is asked for the first time, which costs several milliseconds: most configurations deny nothing. */
function blockList(): BlockList {
  if (blocked !== null) return blocked;
  blocked = new BlockList();
  for (const [network, prefix] of PRIVATE) blocked.addSubnet(network, prefix, family(network));
  return blocked;
}

/** True for loopback, private, link-local and metadata addresses, also inside an address of IPv6. */
export function isPrivateAddress(address: string): boolean {
  const plain = address.replace(/%.*$/, '');
  const inside = embedded(plain);
  return blockList().check(plain, family(plain)) || (inside !== null && isPrivateAddress(inside));
}

/** Throws for a host that is such an address itself, which is never looked up. @throws HopelessRequest */
export function denyPrivateHost(url: URL): void {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0 && isPrivateAddress(host)) throw denied(host, host);
}

/** The same where a proxy looks names up, so that only these are known to be private. @throws HopelessRequest */
export function denyPrivateName(url: URL): void {
  denyPrivateHost(url);
  if (/^(.*\.)?localhost\.?$/.test(url.hostname)) throw denied(url.hostname, url.hostname);
}

/** Looks a name up and hands on its addresses only when none is private: what was checked is what is connected to. */
export const lookupPublic: LookupFunction = (host, options, callback) => {
  const given: LookupOptions = { ...options, all: true };
  lookup(host, given, (error, found) => {
    const addresses = found as LookupAddress[];
    if (error !== null) {
      callback(error, '');
      return;
    }
    const bad = addresses.find(({ address }) => isPrivateAddress(address));
    const [first] = addresses;
    if (bad !== undefined) callback(denied(host, bad.address), '');
    else if (options.all === true) callback(null, addresses);
    else callback(null, first?.address ?? '', first?.family);
  });
};

function denied(host: string, address: string): HopelessRequest {
  const what = host === address ? address : `${host} (${address})`;
  return new HopelessRequest(
    `${what} is a private address, which the configuration denies (http.deny_private)`,
  );
}

/** The address of IPv4 that one of IPv6 stands for: mapped, or behind a translator (RFC 6052). */
function embedded(address: string): string | null {
  if (isIP(address) !== 6) return null;
  const groups = /^\[(?:::ffff|64:ff9b:):([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/.exec(normal(address));
  if (groups === null) return null;
  const [high, low] = [Number.parseInt(groups[1] ?? '', 16), Number.parseInt(groups[2] ?? '', 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/** As URLs write it: hexadecimal, lower case, zeros left out. */
function normal(address: string): string {
  return new URL(`http://[${address}]/`).hostname;
}

function family(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}
