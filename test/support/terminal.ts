import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { BIN } from './flow.ts';

/** How pages write the home of the person at the terminal. */
const HOME = '/home/you';

/** What happens as soon as the command has printed a text: a signal, or a file that someone else makes. */
export interface Event {
  readonly does: 'SIGINT' | 'SIGKILL' | { readonly touch: string };
  readonly at: string;
}

/** What a terminal shows of a signal. */
const SHOWN = { SIGINT: '^C\n', SIGKILL: 'Killed\n' } as const;

/** A person's shell in a home of its own, with the built flow on its PATH. */
export interface Terminal {
  write(name: string, text: string): void;
  /** Types a command line and returns what stands below it in the end. */
  type(command: string, event?: Event | null): Promise<string>;
}

export function terminal(whenFinished: (clean: () => void) => void): Terminal {
  const home = realpathSync(mkdtempSync(join(tmpdir(), 'flow-docs-')));
  whenFinished(() => rmSync(home, { recursive: true, force: true }));
  const work = join(home, 'work');
  const bin = join(home, '.bin');
  for (const dir of [work, bin]) mkdirSync(dir);
  writeFileSync(join(bin, 'flow'), `#!/bin/sh\nexec '${process.execPath}' '${BIN}' "$@"\n`);
  chmodSync(join(bin, 'flow'), 0o755);
  const env = {
    PATH: `${bin}:${process.env['PATH'] ?? ''}`,
    HOME: home,
    SHELL: '/bin/sh',
    TZ: 'UTC',
    LANG: 'C.UTF-8',
  };
  let last = 0;
  return {
    write(name, text) {
      mkdirSync(dirname(join(work, name)), { recursive: true });
      writeFileSync(join(work, name), text);
    },
    async type(command, event = null) {
      const { printed, code } = await perform(command, { cwd: work, env, last, event });
      last = code;
      return printed.replaceAll(home, HOME);
    },
  };
}

interface Around {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Exit code of the command before, for `echo $?`. */
  readonly last: number;
  readonly event: Event | null;
}

async function perform(command: string, around: Around): Promise<{ printed: string; code: number }> {
  const { cwd, env, last, event } = around;
  const line = event === null ? `(exit ${last})\n${command}` : `exec ${command}`;
  const child = execa('/bin/sh', ['-c', `exec 2>&1\n${line}`], {
    cwd,
    env,
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    buffer: false,
  });
  let printed = '';
  const happened = new Set<Event>();
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    printed += piece;
    if (event === null || happened.has(event) || !printed.includes(event.at)) return;
    happened.add(event);
    if (typeof event.does === 'object') {
      writeFileSync(join(cwd, event.does.touch), '');
    } else {
      printed += SHOWN[event.does];
      child.kill(event.does);
    }
  });
  const { exitCode } = await child;
  if (event !== null && !happened.has(event))
    throw new Error(`${command} never printed ${event.at}:\n${printed}`);
  return { printed, code: exitCode ?? 137 };
}
