import { readClaim, readExit, tryFile } from './try-files.ts';
import type { Claimant } from './try-files.ts';
import type { ProcessInfo } from './table.ts';
import { listProcesses, startedWith } from './table.ts';

/** Its value differs for every try and reaches every descendant, also after `setsid` (RELIABILITY.md §3.6). */
export const MARKER = 'FLOW_OUTPUT_FILE';

/** The process group of a try: its leader is the wrapper. */
export type Group = Claimant;

/** Where the processes of a try are looked for. `group` is null when only the claim file can tell. */
export interface TryPlace {
  readonly dir: string;
  readonly group: Group | null;
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
  return found.start !== group.start;
}

/** Pids of everything alive that was started with one of these markers. */
export function carrying(markers: readonly string[]): number[] {
  const others = listProcesses().filter(({ pid }) => pid !== process.pid);
  return markedBy(others, new Set(markers));
}

function markedBy(all: readonly ProcessInfo[], markers: ReadonlySet<string>): number[] {
  return all
    .filter(({ pid }) => startedWith(pid, MARKER)?.some((value) => markers.has(value)) === true)
    .map(({ pid }) => pid);
}

/**
 * The group that a claim names. Its leader may have gone on to another try when this one has ended, after a look that
 * found nothing in the group; once it is dead, a member that is known to be of this try speaks for the others.
 */
function groupByClaim(all: readonly ProcessInfo[], dir: string, marked: ReadonlySet<number>): number[] {
  const claim = readClaim(dir);
  if (claim.kind !== 'claimed' || claim.by === null) return [];
  const { pid, start } = claim.by;
  const members = all.filter(({ group }) => group === pid);
  const leads = members.some((info) => info.pid === pid && info.start === start);
  const trusted = leads ? readExit(dir) === null : members.some((info) => marked.has(info.pid));
  return trusted ? members.map((info) => info.pid) : [];
}
