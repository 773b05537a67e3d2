import { readFileSync, statSync } from 'node:fs';
import { listProcesses, processInfo } from './table.ts';

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
  /** Null where the system does not tell, undefined before the first watch. */
  #seen: number | null | undefined;

  /** To be called before the first leader is started. */
  begin(): void {
    if (this.#seen === undefined) this.#seen = newestPid();
  }

  /** To be called before the leader can have started anything. */
  watch(group: number): void {
    this.#groups.add(group);
  }

  forget(group: number): void {
    this.#groups.delete(group);
    for (const [pid, of] of this.#members) if (of === group) this.#members.delete(pid);
  }

  /** False only when nothing but its leader lives in the group, zombies not counted. */
  mayHoldOthers(group: number): boolean {
    while (true) {
      if (this.#othersIn(group)) return true;
      // What was just seen dead has forked before it died: its children have their numbers by now.
      const newest = newestPid();
      if (newest === null) return true;
      if (newest === this.#seen) return false;
      this.#look(newest);
      this.#seen = newest;
    }
  }

  #othersIn(group: number): boolean {
    for (const [pid, of] of this.#members) {
      if (of !== group) continue;
      if (processInfo(pid)?.group === group) return true;
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
      // Most are gone already, and an error costs more than a question.
      if (statSync(`/proc/${pid}`, { throwIfNoEntry: false }) === undefined) continue;
      const info = processInfo(pid);
      if (info !== null) this.#add(pid, info.group);
    }
  }

  #add(pid: number, group: number): void {
    if (pid !== group && this.#groups.has(group)) this.#members.set(pid, group);
  }
}

/** proc_loadavg(5): the last field is the pid of the most recent process; null where nobody tells. */
function newestPid(): number | null {
  if (process.platform !== 'linux') return null;
  const last = Number(/ (\d+)\n$/.exec(readFileSync('/proc/loadavg', 'latin1'))?.[1]);
  return last > 0 ? last : null;
}
