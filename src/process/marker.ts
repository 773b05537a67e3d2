import { statSync } from 'node:fs';
import { readClaim, tryFile } from './try-files.ts';
import type { ProcessInfo } from './table.ts';
import { listProcesses, processInfo, startedWith } from './table.ts';

/** Its value differs for every try and reaches every descendant, also after `setsid` (RELIABILITY.md §3.6). */
export const MARKER = 'FLOW_OUTPUT_FILE';

/** The process group of a try: its leader is the wrapper. */
export interface Group {
  readonly pid: number;
  /** Null: not known, the pid is trusted. */
  readonly start: string | null;
}

/** Where the processes of a try are looked for. `group` is null when only the claim file can tell. */
export interface TryPlace {
  readonly dir: string;
  readonly group: Group | null;
}

/** A wrapper writes its claim right after its start, and `ps` knows whole seconds. */
const CLAIM_AFTER_START_MS = 5_000;

/** Whether the process with this pid lives and belongs to the try; without /proc its start must fit the claim. */
export function belongsTo(pid: number, dir: string): ProcessInfo | null {
  const info = processInfo(pid);
  if (info === null) return null;
  const markers = startedWith(pid, MARKER);
  if (markers !== null) return markers.includes(tryFile.outputs(dir)) ? info : null;
  return process.platform !== 'linux' && startFitsClaim(info, dir) ? info : null;
}

/** Pids of everything alive that a try has started: by its group, and by its marker what left that group. */
export function livingOf(places: readonly TryPlace[]): number[] {
  const all = listProcesses().filter(({ pid }) => pid !== process.pid);
  const found = new Set(markedBy(all, new Set(places.map(({ dir }) => tryFile.outputs(dir)))));
  for (const { dir, group } of places) {
    for (const pid of group === null ? groupByClaim(all, dir, found) : groupMembers(all, group))
      found.add(pid);
  }
  return [...found];
}

/** What lives and carries a marker that begins with `folder`: its pid, and the rest of the marker. */
export function markedBelow(folder: string): { readonly pid: number; readonly rest: string }[] {
  return listProcesses().flatMap(({ pid }) => {
    const marker = startedWith(pid, MARKER)?.find((value) => value.startsWith(folder));
    return pid === process.pid || marker === undefined ? [] : [{ pid, rest: marker.slice(folder.length) }];
  });
}

/** Living members of a group. While one lives its id is not given to another process. */
export function groupMembers(all: readonly ProcessInfo[], group: Group): number[] {
  const leader = all.find(({ pid }) => pid === group.pid);
  if (leader !== undefined && isAnother(leader, group)) return [];
  return all.filter((info) => info.group === group.pid).map(({ pid }) => pid);
}

/** Whether the pid of the leader has passed to another process. */
export function isAnother(found: ProcessInfo, group: Group): boolean {
  return group.start !== null && found.start !== group.start;
}

function markedBy(all: readonly ProcessInfo[], markers: ReadonlySet<string>): number[] {
  return all
    .filter(({ pid }) => startedWith(pid, MARKER)?.some((value) => markers.has(value)) === true)
    .map(({ pid }) => pid);
}

/** The group that a claim names, trusted only while one of its members is known to be of this try. */
function groupByClaim(all: readonly ProcessInfo[], dir: string, marked: ReadonlySet<number>): number[] {
  const claim = readClaim(dir);
  if (claim.kind !== 'claimed' || claim.pid === null) return [];
  const members = all.filter(({ group }) => group === claim.pid);
  const trusted =
    process.platform === 'linux'
      ? members.some(({ pid }) => marked.has(pid))
      : members.some((info) => info.pid === claim.pid && startFitsClaim(info, dir));
  return trusted ? members.map(({ pid }) => pid) : [];
}

function startFitsClaim(info: ProcessInfo, dir: string): boolean {
  const claimed = statSync(tryFile.claim(dir)).mtimeMs;
  return Math.abs(claimed - Date.parse(info.start)) < CLAIM_AFTER_START_MS;
}
