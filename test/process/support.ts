import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { onTestFinished } from 'vitest';
import type { Clock } from '../../src/base/clock.ts';
import { systemClock } from '../../src/base/clock.ts';
import type { ProcessSpec } from '../../src/process/processes.ts';
import { systemProcesses } from '../../src/process/system.ts';

export const UMASK = 0o022;
export const processes = systemProcesses(systemClock, UMASK);

/** A try on disk, before anything was started. */
export interface Try {
  readonly root: string;
  readonly dir: string;
  readonly spec: (
    commands: readonly (readonly string[])[],
    more?: Partial<ProcessSpec> & { readonly vars?: Readonly<Record<string, string>> },
  ) => ProcessSpec;
  readonly stdout: () => Buffer;
  readonly stderr: () => Buffer;
  readonly file: (name: string) => string;
}

export function scratch(): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'flow process ')));
  onTestFinished(() => rmSync(root, { recursive: true, force: true, maxRetries: 5 }));
  return root;
}

/** Makes a try directory; whatever the test starts in it is killed at the end of the test. */
export function makeTry(root = scratch(), name = '1.1'): Try {
  const dir = join(root, "it's a try", name);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const out = join(root, `${name}.out`);
  const err = join(root, `${name}.err`);
  onTestFinished(async () => {
    await processes.killLeftovers([dir]);
  });
  return {
    root,
    dir,
    spec: (commands, { vars = {}, ...more } = {}) => ({
      dir,
      commands,
      firstCommand: 0,
      cwd: root,
      env: { PATH: process.env['PATH'] ?? '', FLOW_OUTPUT_FILE: join(dir, 'outputs'), ...vars },
      out,
      err,
      ...more,
    }),
    stdout: () => bytesOf(out),
    stderr: () => bytesOf(err),
    file: (path) => readFileSync(join(dir, path), 'utf8'),
  };
}

/** A log comes when its command does. */
function bytesOf(log: string): Buffer {
  return existsSync(log) ? readFileSync(log) : Buffer.alloc(0);
}

export const sh = (text: string): string[] => ['sh', '-c', text];

/** Polls until `look` gives something; fails after 20 s. */
export async function until<T>(what: string, look: () => T | null | undefined | false): Promise<T> {
  const deadline = performance.now() + 20_000;
  while (performance.now() < deadline) {
    const found = look();
    if (found !== null && found !== undefined && found !== false) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`waited in vain: ${what}`);
}

/** A clock whose time passes only when a test says so. */
export function handClock(): { clock: Clock; advance: (ms: number) => void } {
  let now = 0;
  const waiting = new Set<{ readonly at: number; readonly wake: () => void }>();
  return {
    clock: {
      wall: () => now,
      mono: () => now,
      after(ms, wake) {
        const timer = { at: now + ms, wake };
        waiting.add(timer);
        return () => waiting.delete(timer);
      },
    },
    advance(ms) {
      now += ms;
      for (const timer of [...waiting].filter(({ at }) => at <= now)) {
        waiting.delete(timer);
        timer.wake();
      }
    },
  };
}

/** The number in a file, once it has been written completely. */
export async function pidIn(path: string): Promise<number> {
  return until(`a pid in ${path}`, () => {
    try {
      const text = readFileSync(path, 'utf8');
      return text.endsWith('\n') ? Number(text) : null;
    } catch {
      return null;
    }
  });
}

/** Bundles a fixture into a script that Node can run; returns its path. */
export async function bundle(name: string, root: string): Promise<string> {
  const outfile = join(root, `${name}.mjs`);
  await build({
    entryPoints: [join(import.meta.dirname, 'fixtures', `${name}.ts`)],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    logLevel: 'warning',
  });
  return outfile;
}
