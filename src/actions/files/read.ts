import { isUtf8 } from 'node:buffer';
import { open, stat } from 'node:fs/promises';
import { ActionFailure, fileFailure } from '../result.ts';

/** What an action takes into memory when nothing else is said (LANGUAGE.md §26, as an HTTP body). */
const MOST_BYTES = 100 * 1024 * 1024;

/** A whole file. @throws ActionFailure when it is missing, no regular file, or larger than `most` bytes */
export async function readBytes(path: string, most: number = MOST_BYTES): Promise<Buffer> {
  try {
    // Opening a pipe would wait for its other end.
    const found = await stat(path);
    if (found.isDirectory()) throw new ActionFailure(`${JSON.stringify(path)}: is a directory`);
    if (!found.isFile()) throw new ActionFailure(`${JSON.stringify(path)}: is no regular file`);
    const handle = await open(path, 'r');
    try {
      const chunks: Buffer[] = [];
      let size = 0;
      // Read until its end: the size of a growing file, or of one below /proc, says nothing.
      for await (const chunk of handle.createReadStream({ autoClose: false }) as AsyncIterable<Buffer>) {
        size += chunk.length;
        if (size > most) throw new ActionFailure(`${JSON.stringify(path)}: is larger than ${most} bytes`);
        chunks.push(chunk);
      }
      return Buffer.concat(chunks);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw fileFailure(path, error);
  }
}

/** A whole file of UTF-8 text. @throws ActionFailure */
export async function readText(path: string): Promise<string> {
  const bytes = await readBytes(path);
  if (!isUtf8(bytes)) throw new ActionFailure(`${JSON.stringify(path)}: is not UTF-8`);
  return bytes.toString('utf8');
}
