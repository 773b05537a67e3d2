import { closeSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { openAuthorFile } from '../../src/process/author-file.ts';
import { currentUmask } from '../../src/process/umask.ts';

const LINUX = existsSync('/proc/self/status');

describe('the umask', () => {
  test.each([0, 0o027, 0o777])('%i is read, on Linux without setting it', (umask) => {
    const before = process.umask(umask);
    onTestFinished(() => void process.umask(before));
    const set = vi.spyOn(process, 'umask');
    onTestFinished(() => set.mockRestore());
    expect(currentUmask()).toBe(umask);
    expect(set).toHaveBeenCalledTimes(LINUX ? 0 : 1);
  });

  test.runIf(LINUX)('a file of the author is made without setting it where it is that of the process', () => {
    const dir = mkdtempSync(join(tmpdir(), 'flow-umask-'));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    const set = vi.spyOn(process, 'umask');
    onTestFinished(() => set.mockRestore());
    const own = currentUmask();
    closeSync(openAuthorFile(join(dir, 'sub', 'same'), own));
    expect(set).not.toHaveBeenCalled();
    closeSync(openAuthorFile(join(dir, 'other'), own ^ 0o022));
    expect(statSync(join(dir, 'other')).mode & 0o777).toBe(0o666 & ~(own ^ 0o022));
    expect(currentUmask()).toBe(own);
  });
});
