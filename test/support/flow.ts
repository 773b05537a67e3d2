import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { execa } from 'execa';
import { onTestFinished } from 'vitest';

export const BIN = resolve('bin/flow.js');

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A place of its own for a test: a directory for DAG files, a FLOW_HOME, and the real binary on both. */
export interface Place {
  readonly dir: string;
  readonly home: string;
  /** Writes a file below `dir` and returns its path. */
  write(name: string, text: string): string;
  read(name: string): string;
  /** Runs the built CLI to its end. */
  flow(args: readonly string[], options?: FlowOptions): Promise<Outcome>;
  /** Starts it and leaves it running. */
  spawn(args: readonly string[], options?: FlowOptions): FlowProcess;
  /** The JSON that a reading command prints. */
  json(args: readonly string[]): Promise<never>;
}

export interface FlowOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Runs it as this user, where the test is root. */
  readonly uid?: number;
}

export type FlowProcess = ReturnType<typeof start>;

function start(place: { dir: string; home: string }, args: readonly string[], options: FlowOptions) {
  return execa(process.execPath, [BIN, ...args], {
    cwd: options.cwd ?? place.dir,
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: place.dir,
      SHELL: '/bin/sh',
      FLOW_HOME: place.home,
      ...options.env,
    },
    extendEnv: false,
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
    reject: false,
    stdin: 'ignore',
    stripFinalNewline: false,
    maxBuffer: 200_000_000,
  });
}

/** A step that waits for a file would wait for ever when its folder is gone. */
function killBelow(dir: string): void {
  if (process.platform !== 'linux') return;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const cwd = readlinkSync(`/proc/${pid}/cwd`);
      if (cwd === dir || cwd.startsWith(`${dir}/`)) process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It has ended meanwhile, or is another user's.
    }
  }
}

/** A concurrent test hands in its own `onTestFinished`: the imported one may belong to another test. */
export function place(whenFinished: (clean: () => void) => void = onTestFinished): Place {
  const dir = mkdtempSync(join(tmpdir(), 'flow-e2e-'));
  whenFinished(() => {
    killBelow(dir);
    rmSync(dir, { recursive: true, force: true });
  });
  const home = join(dir, 'home');
  const self: Place = {
    dir,
    home,
    write(name, text) {
      const path = join(dir, name);
      mkdirSync(dirname(path), { recursive: true });
      // At once: a step that waits for a file must not find it empty.
      const fresh = existsSync(path) ? path : join(dirname(path), `.${basename(path)}.fresh`);
      writeFileSync(fresh, text);
      if (fresh !== path) renameSync(fresh, path);
      return path;
    },
    read: (name) => readFileSync(join(dir, name), 'utf8'),
    async flow(args, options = {}) {
      const { exitCode, stdout, stderr, signal } = await start(self, args, options);
      if (exitCode === undefined) throw new Error(`flow was killed by ${String(signal)}`);
      return { code: exitCode, stdout, stderr };
    },
    spawn: (args, options = {}) => start(self, args, options),
    async json(args) {
      const { code, stdout, stderr } = await self.flow(args);
      if (code !== 0) throw new Error(`flow ${args.join(' ')} exited with ${code}: ${stderr}`);
      return JSON.parse(stdout) as never;
    },
  };
  return self;
}
