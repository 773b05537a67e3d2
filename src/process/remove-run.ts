import * as fs from 'node:fs';
import { join } from 'node:path';
import { RUN_MARKER, runPaths } from '../base/paths.ts';
import type { FlowHome, RunFolders } from '../base/paths.ts';

/**
 * Deletes what flow made for a run (RELIABILITY.md J2, §7.3): its own directories in flow's home, and outside of it
 * those with the marker of this run. Links are removed, never followed. What is gone already is no error.
 * @throws when something cannot be deleted.
 */
export function removeRunFolders(home: FlowHome, run: RunFolders): void {
  // Both check the run id before anything is touched.
  const own = runPaths(home, { id: run.id, logDir: null, artifactsDir: null });
  const { logs, artifacts } = runPaths(home, run);
  for (const path of [logs, artifacts ?? logs]) if (isOurs(path, run.id)) removeTree(path);
  for (const path of [home.work(run.id), own.logs, own.artifacts]) if (path !== null) removeTree(path);
}

function isOurs(path: string, id: string): boolean {
  const directory = fs.lstatSync(path, { throwIfNoEntry: false });
  const marker = fs.lstatSync(join(path, RUN_MARKER), { throwIfNoEntry: false });
  if (directory?.isDirectory() !== true || marker?.isFile() !== true) return false;
  return fs.readFileSync(join(path, RUN_MARKER), 'utf8') === `${id}\n`;
}

function removeTree(path: string): void {
  const there = fs.lstatSync(path, { throwIfNoEntry: false });
  if (there !== undefined) remove(Buffer.from(path), there, there.dev);
}

/** Names are bytes: a step may have made one that is no text. */
function remove(path: Buffer, stat: fs.Stats, device: number): void {
  if (!stat.isDirectory()) {
    fs.unlinkSync(path);
    return;
  }
  if (stat.dev !== device) throw new Error(`another file system is mounted at ${path.toString()}`);
  // Some programs make folders that even their owner cannot write to.
  if ((stat.mode & 0o700) !== 0o700) fs.chmodSync(path, 0o700);
  for (const name of markerLast(fs.readdirSync(path, { encoding: 'buffer' }))) {
    const below = Buffer.concat([path, Buffer.from('/'), name]);
    remove(below, fs.lstatSync(below), device);
  }
  fs.rmdirSync(path);
}

/** So that a directory that was not deleted to its end is still known as ours. */
function markerLast(names: readonly Buffer[]): Buffer[] {
  const isMarker = (name: Buffer): boolean => name.toString() === RUN_MARKER;
  return [...names.filter((name) => !isMarker(name)), ...names.filter(isMarker)];
}
