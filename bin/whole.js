// Runs dist/whole.cjs, which is all of flow in one file, from code that an earlier start has compiled. What drives
// runs needs most of flow: to find, read, link and compile its modules took half of the time of a small run. Node's
// own compile cache keeps nothing of ES modules before Node 22.1, and later only what was compiled when they were loaded.
import {
  closeSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';
import { settleEngine } from './engine-settings.js';

/** A run that takes longer has thrown away code that it needed only at its start. */
const LONG_RUN_MS = 10_000;

export function runWhole() {
  const url = new URL('../dist/whole.cjs', import.meta.url);
  const filename = fileURLToPath(url);
  // The build escapes all that is not ASCII.
  const source = readFileSync(filename, 'latin1');
  const folder = cacheFolder();
  const path = folder && `${folder}/${identity(source)}`;
  const cachedData = path ? readOwn(path) : undefined;
  const script = new Script(source, { filename, cachedData });
  if (path && (cachedData === undefined || script.cachedDataRejected)) keepAtExit(script, path);
  settleEngine();
  script.runInThisContext()(createRequire(filename), url.href);
}

/** V8 compares versions and flags, but of the source only the length: the build writes its hash in front. */
function identity(source) {
  return `${source.slice(2, source.indexOf('*/'))}-${process.version}-${process.arch}`;
}

/** Beside that of Node, and under the same switch; of this user alone, because what lies in it is executed. */
function cacheFolder() {
  if (process.env.NODE_DISABLE_COMPILE_CACHE || process.getuid === undefined) return null;
  const folder = `${tmpdir()}/flow-compile-cache-${process.getuid()}`;
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if (error.code !== 'EEXIST') return null;
  }
  const found = lstatSync(folder, { throwIfNoEntry: false });
  return found?.isDirectory() && isOurs(found) ? folder : null;
}

function isOurs({ uid, mode }) {
  return uid === process.getuid() && (mode & 0o022) === 0;
}

function readOwn(path) {
  try {
    const file = openSync(path, 'r');
    try {
      return isOurs(fstatSync(file)) ? readFileSync(file) : undefined;
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}

/** Only after a run that went through everything: functions that were never called are not in it. */
function keepAtExit(script, path) {
  const drives = ['run', 'start'].includes(process.argv[2]) && !process.argv.includes('--dry-run');
  process.on('exit', (code) => {
    if (!drives || code !== 0 || performance.now() > LONG_RUN_MS) return;
    const fresh = `${path}.${process.pid}`;
    try {
      writeFileSync(fresh, script.createCachedData(), { mode: 0o600, flag: 'wx' });
      renameSync(fresh, path);
    } catch {
      // The next start compiles once more.
      rmSync(fresh, { force: true });
    }
  });
}
