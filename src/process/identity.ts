import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Owner } from '../core/records.ts';
import { processInfo } from './table.ts';

/** This process as the owner of runs (RELIABILITY.md §3.6); `lock` names its file below `work/.locks`. */
export function currentOwner(lock: string): Owner {
  const start = processInfo(process.pid)?.start ?? '';
  return { host: hostname(), boot: bootId(), pid: process.pid, start, lock };
}

/**
 * Whether the identity of an owner names a living process of this boot; its lock is asked elsewhere. The host
 * is not compared: its name may change while the machine runs, its boot id does not.
 */
export function isOwnerAlive(owner: Owner): boolean {
  return owner.boot === bootId() && isProcessAlive(owner);
}

/** Whether the owner is the process that asks. */
export function isThisProcess({ boot, pid, start }: Owner): boolean {
  return pid === process.pid && boot === bootId() && start === processInfo(process.pid)?.start;
}

/** Whether this very process lives: the same pid with another start time is another process (B7), Z is dead. */
export function isProcessAlive(process: { readonly pid: number; readonly start: string }): boolean {
  return processInfo(process.pid)?.start === process.start;
}

let boot: string | null = null;

function bootId(): string {
  boot ??= readBootId();
  return boot;
}

function readBootId(): string {
  if (process.platform === 'linux') return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return execFileSync('/usr/sbin/sysctl', ['-n', 'kern.bootsessionuuid'], { encoding: 'utf8' }).trim();
}
