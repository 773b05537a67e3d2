import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { listProcesses, processInfo } from './table.ts';
import type { ProcessInfo } from './table.ts';

/** More new processes than this are not looked at one by one. */
const MANY = 1_000;

/**
 * Tells at little cost whether a process group is empty but for its leader: Linux says which number it gave to the
 * newest process, so only what has come since the last look need be looked at, and everything only once.
 */
export class Newcomers {
  readonly #groups = new Set<number>();
  /** Pid and group of what was seen alive in one of these groups. */
  readonly #members = new Map<number, number>();
  /** Null where the system does not tell, and while nothing is watched. */
  #newest: NewestPid | null = null;
  #seen: number | null = null;
  /** All that could have come is known: nothing was awaited since the last look. */
  #upToDate = false;

  /** To be called before a leader is started. @throws when descriptors are exhausted. */
  begin(): void {
    if (this.#newest !== null || process.platform !== 'linux') return;
    this.#newest = new NewestPid();
    this.#seen = this.#newest.read();
  }

  /** To be called before the leader can have started anything. */
  watch(group: number): void {
    this.#groups.add(group);
  }

  forget(group: number): void {
    this.#groups.delete(group);
    for (const [pid, of] of this.#members) if (of === group) this.#members.delete(pid);
    if (this.#groups.size > 0) return;
    this.#newest?.close();
    this.#newest = null;
  }

  /** False only when nothing but its leader lives in the group, zombies not counted. */
  mayHoldOthers(group: number): boolean {
    if (this.#newest === null) return true;
    while (true) {
      if (this.#othersIn(group)) return true;
      if (this.#upToDate) return false;
      // What was just seen dead has forked before it died: its children have their numbers by now.
      const newest = this.#newest.read();
      if (newest === null) return true;
      if (newest === this.#seen) break;
      this.#look(newest);
      this.#seen = newest;
    }
    // Ends that are told together (ends.ts) were all heard before this: one look is enough for them.
    this.#upToDate = true;
    queueMicrotask(() => (this.#upToDate = false));
    return false;
  }

  #othersIn(group: number): boolean {
    for (const [pid, of] of this.#members) {
      if (of !== group) continue;
      if (infoIfThere(pid)?.group === group) return true;
      this.#members.delete(pid);
    }
    return false;
  }

  /** In the order of their numbers: a parent is seen before its child, or it is dead and the child complete. */
  #look(newest: number): void {
    const seen = this.#seen ?? 0;
    if (newest < seen || newest - seen > MANY) {
      for (const info of listProcesses()) this.#add(info.pid, info.group);
      return;
    }
    for (let pid = seen + 1; pid <= newest; pid++) {
      const info = infoIfThere(pid);
      if (info !== null) this.#add(pid, info.group);
    }
  }

  #add(pid: number, group: number): void {
    if (pid !== group && this.#groups.has(group)) this.#members.set(pid, group);
  }
}

/** Most are gone already, and an error costs more than a question. */
function infoIfThere(pid: number): ProcessInfo | null {
  return statSync(`/proc/${pid}`, { throwIfNoEntry: false }) === undefined ? null : processInfo(pid);
}

/** The pid of the most recent process: the last field of /proc/loadavg (proc_loadavg(5)), written anew for each read. */
class NewestPid {
  readonly #file = openSync('/proc/loadavg', 'r');
  readonly #text = Buffer.alloc(128);

  /** Null where the system does not tell. */
  read(): number | null {
    const length = readSync(this.#file, this.#text, 0, this.#text.length, 0);
    const last = Number(/ (\d+)\n$/.exec(this.#text.toString('latin1', 0, length))?.[1]);
    return last > 0 ? last : null;
  }

  close(): void {
    closeSync(this.#file);
  }
}
