// What a new file costs, and whether it costs more than usual. ext4 does not give out an inode again for a minute or more
// after its file was deleted (recently_deleted() in fs/ext4/ialloc.c), and looks at each of those whenever it makes a
// file: after thousands of deletions, those of a test run or of an earlier benchmark, a new file costs ten times as much
// for some minutes. flow makes files, what it is compared with makes none.
import { closeSync, existsSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const FILES = 100;
/** Each folder may lie in another group of inodes, of which some remember more than others. */
const FOLDERS = 8;
const MEMORY = '/dev/shm';
/** On a file system that remembers nothing a file costs two to four times what it costs in memory. */
const MOST_TIMES = 5;
const PATIENCE_MS = 6 * 60_000;

/** Microseconds to make an empty file below `folder`; nothing is deleted. */
function newFileCost(folder) {
  const places = Array.from({ length: FOLDERS }, () => mkdtempSync(join(folder, 'files-')));
  const begin = performance.now();
  for (const place of places) for (let n = 0; n < FILES; n++) closeSync(openSync(join(place, `${n}`), 'wx'));
  return ((performance.now() - begin) * 1000) / FILES / FOLDERS;
}

/** Waits until a new file in `folder` costs what it usually does; returns what it costs. */
export async function settledDisk(folder) {
  if (!existsSync(MEMORY)) return newFileCost(folder);
  const deadline = performance.now() + PATIENCE_MS;
  for (let told = false; ; told = true) {
    const cost = newFileCost(folder);
    if (cost <= MOST_TIMES * inMemory() || performance.now() >= deadline) return cost;
    if (!told)
      console.error('bench: new files are slow, as after many were deleted: waiting, 6 minutes at most');
    await new Promise((resolve) => setTimeout(resolve, 10_000));
  }
}

function inMemory() {
  const place = mkdtempSync(join(MEMORY, 'flow-bench-'));
  try {
    return newFileCost(place);
  } finally {
    rmSync(place, { recursive: true });
  }
}
