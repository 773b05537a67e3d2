import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { execa } from 'execa';

/** Another program's folder, with the package of flow as `npm pack` makes it, and what it depends on. */
export interface Consumer {
  readonly dir: string;
  readonly home: string;
  write(name: string, text: string): void;
  /** Starts a program of the folder with an environment of its own. */
  node(args: readonly string[], env?: Readonly<Record<string, string>>): ReturnType<typeof start>;
  /** The command line of the same package. */
  flow(args: readonly string[]): ReturnType<typeof start>;
  /** Runs a program that prints one JSON value and nothing else; `flow` is what the package exports. */
  program(text: string, env?: Readonly<Record<string, string>>): Promise<never>;
  /** Lines of a file of the folder; 0 when there is none. */
  lines(name: string): number;
  /** Deletes all but the packages. */
  empty(): void;
  remove(): void;
}

/** A step that tells in files how often it began and ended, and ends when the file `go` is there. */
export const WAITS = 'echo x >> began; while [ ! -e go ]; do sleep 0.05; done; echo x >> ended';

function start(dir: string, home: string, args: readonly string[], env: Readonly<Record<string, string>>) {
  return execa(process.execPath, args, {
    cwd: dir,
    env: { PATH: process.env['PATH'] ?? '', HOME: dir, SHELL: '/bin/sh', FLOW_HOME: home, ...env },
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
  });
}

/** Packs what is built; nothing is downloaded: the dependencies are those of this repository. */
export async function consumer(): Promise<Consumer> {
  const dir = mkdtempSync(join(tmpdir(), 'flow-library-'));
  const modules = join(dir, 'node_modules');
  const link = (name: string): void => {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(resolve('node_modules', name), join(modules, name));
  };
  await execa('npm', ['pack', '--ignore-scripts', '--pack-destination', dir]);
  const archive = readdirSync(dir).find((name) => name.endsWith('.tgz')) ?? '';
  await execa('tar', ['-xzf', join(dir, archive), '-C', dir]);
  mkdirSync(modules);
  cpSync(join(dir, 'package'), join(modules, 'flow'), { recursive: true });
  const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Record<string, Record<string, string>>;
  const needed = { ...manifest['dependencies'], ...manifest['optionalDependencies'] };
  for (const name of ['@types/node', ...Object.keys(needed)]) link(name);
  const home = join(dir, 'home');
  const self: Consumer = {
    ...{ dir, home },
    write: (name, text) => writeFileSync(join(dir, name), text),
    node: (args, env = {}) => start(dir, home, args, env),
    flow: (args) => start(dir, home, [join(modules, 'flow', 'bin', 'flow.js'), ...args], {}),
    async program(text, env) {
      self.write('program.mjs', `import * as flow from 'flow';\n${text}`);
      const { stdout, stderr, exitCode } = await self.node(['program.mjs'], env);
      if (exitCode !== 0 || stderr !== '') throw new Error(`exit code ${String(exitCode)}: ${stderr}`);
      return JSON.parse(stdout) as never;
    },
    lines(name) {
      const file = join(dir, name);
      return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').length : 0;
    },
    empty() {
      for (const name of readdirSync(dir).filter((one) => one !== 'node_modules')) {
        rmSync(join(dir, name), { recursive: true });
      }
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
  return self;
}
