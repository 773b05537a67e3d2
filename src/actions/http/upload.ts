import { randomBytes } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { errorCode, HttpFailure } from './failure.ts';

/** A body of files, which is read anew for every request of an exchange (LANGUAGE.md §19.2). */
export interface Upload {
  readonly contentType: string;
  /** Bytes in all: the files are regular ones, so that their sizes are known. */
  readonly length: number;
  /** @throws HttpFailure when a file is not what it was when it was opened */
  chunks(): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

interface OpenFile {
  readonly path: string;
  readonly handle: FileHandle;
  readonly size: number;
}

const CHUNK = 64 * 1024;

/**
 * Fields and files as multipart/form-data (RFC 7578). All files are open before anything is sent, and stay so:
 * what is sent again after a redirect is the same file, whatever its path leads to by then.
 * @throws HttpFailure for a file that cannot be read
 */
export async function openUpload(
  form: ReadonlyMap<string, string>,
  files: ReadonlyMap<string, string>,
  cwd: string,
): Promise<Upload> {
  const opened: OpenFile[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(opened.map(({ handle }) => handle.close()));
  };
  const boundary = `flow-${randomBytes(16).toString('hex')}`;
  const parts: (Buffer | OpenFile)[] = [];
  for (const [name, value] of form) parts.push(Buffer.from(`${head(boundary, name)}\r\n${value}\r\n`));
  try {
    for (const [name, path] of files) {
      const file = await openFile(path, cwd);
      opened.push(file);
      parts.push(Buffer.from(fileHead(boundary, name, path)), file, Buffer.from('\r\n'));
    }
  } catch (error) {
    await close();
    throw error;
  }
  parts.push(Buffer.from(`--${boundary}--\r\n`));
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    length: parts.reduce((sum, part) => sum + (Buffer.isBuffer(part) ? part.length : part.size), 0),
    async *chunks() {
      for (const part of parts) yield* Buffer.isBuffer(part) ? [part] : read(part);
    },
    close,
  };
}

function head(boundary: string, name: string, more = ''): string {
  return `--${boundary}\r\nContent-Disposition: form-data; name="${escaped(name)}"${more}\r\n`;
}

function fileHead(boundary: string, name: string, path: string): string {
  const file = `; filename="${escaped(basename(path))}"`;
  return `${head(boundary, name, file)}Content-Type: application/octet-stream\r\n\r\n`;
}

/** As browsers write names: UTF-8, and only what would end them is percent-encoded. */
function escaped(name: string): string {
  return name.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

async function openFile(path: string, cwd: string): Promise<OpenFile> {
  const shown = JSON.stringify(path);
  try {
    const file = resolve(cwd, path);
    // Opening a named pipe would wait for somebody who writes to it.
    if (!(await stat(file)).isFile()) throw new HttpFailure(`${shown} is no regular file`);
    const handle = await open(file);
    return { path, handle, size: (await handle.stat()).size };
  } catch (error) {
    if (error instanceof HttpFailure) throw error;
    const code = errorCode(error);
    throw new HttpFailure(code === 'ENOENT' ? `no file ${shown}` : `cannot read ${shown} (${code})`, {
      cause: error,
    });
  }
}

/** Exactly as many bytes as were promised: the length of the whole has been sent before. */
async function* read({ path, handle, size }: OpenFile): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < size;) {
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK, size - at));
    const { bytesRead } = await handle.read(chunk, 0, chunk.length, at);
    if (bytesRead === 0) throw new HttpFailure(`${JSON.stringify(path)} became shorter while it was sent`);
    at += bytesRead;
    yield chunk.subarray(0, bytesRead);
  }
}
