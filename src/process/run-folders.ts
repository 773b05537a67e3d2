import * as fs from 'node:fs';
import { dirname, join } from 'node:path';
import { RUN_MARKER, runPaths } from '../base/paths.ts';
import type { FlowHome, RunFolders } from '../base/paths.ts';
import { flowError } from '../errors/diagnostic.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { createPrivate, makePrivateDirectory } from './private-files.ts';

/** Makes the directories of a run, 0700; those outside flow's home with the marker that lets flow delete them (J2). */
export function makeRunFolders(home: FlowHome, run: RunFolders): void {
  const { logs, artifacts } = runPaths(home, run);
  for (const dir of [home.work(run.id), home.scratch(run.id)]) makePrivateDirectory(dir);
  makeArea(run, logs, run.logDir !== null);
  if (artifacts !== null) makeArea(run, artifacts, run.artifactsDir !== null);
}

function makeArea({ id }: RunFolders, path: string, outside: boolean): void {
  if (!outside) {
    makePrivateDirectory(path);
    return;
  }
  const there = fs.lstatSync(path, { throwIfNoEntry: false });
  if (there?.isDirectory() === true) return;
  if (there !== undefined) throw cannotMake(path, IN_THE_WAY);
  makePrivateDirectory(path);
  createPrivate(join(path, RUN_MARKER), `${id}\n`);
}

/**
 * Makes the folders that a DAG names for the logs and artifacts of a run, before the run is recorded.
 * @throws FlowError (exit 70) when the run's own directory could not be made in one of them (E11).
 */
export function openRunFolders(home: FlowHome, run: RunFolders): void {
  const { logs, artifacts } = runPaths(home, run);
  const outside = [run.logDir === null ? null : logs, run.artifactsDir === null ? null : artifacts];
  for (const path of outside) if (path !== null) openFolder(path);
}

function openFolder(path: string): void {
  const folder = dirname(path);
  try {
    makePrivateDirectory(folder);
    fs.accessSync(folder, fs.constants.W_OK | fs.constants.X_OK);
  } catch (error) {
    throw cannotMake(path, reasonOf(error));
  }
  if (fs.lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === false)
    throw cannotMake(path, IN_THE_WAY);
}

const IN_THE_WAY = 'a file or a link is in the way';

const REASONS = new Map([
  ['EACCES', 'permission denied'],
  ['EEXIST', 'a file is in the way'],
  ['ENOTDIR', 'a file is in the way'],
  ['EROFS', 'the file system is read-only'],
  ['ENOSPC', 'the disk is full'],
]);

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return REASONS.get(code ?? '') ?? message;
}

function cannotMake(path: string, why: string) {
  const hint = 'look at `log_dir` and `artifacts.dir` of the DAG';
  return flowError(EXIT.fault, 'S009', `cannot make the folder ${path}: ${why}`, hint);
}
