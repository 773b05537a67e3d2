import { createHash } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { ActionIo } from '../action.ts';
import { errorCode, HttpFailure } from './failure.ts';

/** A file that appears under its name only when it is complete (`output`, LANGUAGE.md §19.2). Mode 0600. */
export interface OutputFile {
  write(chunk: Uint8Array): Promise<void>;
  /** Gives it its name. */
  commit(): Promise<void>;
  /** Removes what was not committed. */
  discard(): Promise<void>;
}

/**
 * Opens the file beside its later place, under a name that a try after a crash finds again and replaces.
 * @throws HttpFailure, also from its methods
 */
export async function openOutput(
  path: string,
  io: Pick<ActionIo, 'cwd' | 'idempotencyKey'>,
): Promise<OutputFile> {
  const target = resolve(io.cwd, path);
  const mark = createHash('sha256').update(io.idempotencyKey).digest('hex').slice(0, 16);
  const part = join(dirname(target), `.${basename(target).slice(0, 100)}.${mark}.part`);
  const handle = await orFail(path, async () => {
    await rm(part, { force: true });
    return open(part, 'wx', 0o600);
  });
  let committed = false;
  return {
    write: (chunk) => orFail(path, () => handle.writeFile(chunk)),
    commit: () =>
      orFail(path, async () => {
        await handle.sync();
        await handle.close();
        await rename(part, target);
        committed = true;
      }),
    async discard() {
      if (committed) return;
      await orFail(path, async () => {
        await handle.close();
        await rm(part, { force: true });
      });
    },
  };
}

async function orFail<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw new HttpFailure(`cannot write ${JSON.stringify(path)} (${errorCode(error)})`, { cause: error });
  }
}
