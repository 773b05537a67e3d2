import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { eventually } from './eventually.ts';
import { BIN, type Place } from './flow.ts';

/** Why tests that need a terminal are skipped; null: there is one. */
export const NO_TMUX: string | null =
  spawnSync('tmux', ['-V']).error === undefined ? null : 'tmux is not installed';

/** A person's shell in a real terminal, whose screen can be looked at. */
export interface TmuxScreen {
  /** Types a line at a prompt, and presses Enter when it stands there; `flow` is the built one. */
  type(line: string): Promise<void>;
  /** Presses keys by their names in tmux(1): `C-c`, `Enter`. */
  press(key: string): void;
  resize(columns: number, rows: number): void;
  /** What stands on the screen, without empty lines at its end. */
  lines(): string[];
  /** Waits until the screen satisfies `holds`, and returns it. */
  until(holds: (text: string) => boolean): Promise<string[]>;
  /** True while a cursor is shown. */
  hasCursor(): boolean;
}

export async function tmuxScreen(
  at: Place,
  size: { readonly columns: number; readonly rows: number },
  whenFinished: (clean: () => void) => void,
): Promise<TmuxScreen> {
  const socket = join(at.dir, 'tmux');
  const tmux = (...args: string[]): string =>
    execFileSync('tmux', ['-S', socket, '-f', '/dev/null', ...args], {
      encoding: 'utf8',
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: at.dir,
        SHELL: '/bin/sh',
        FLOW_HOME: at.home,
        PS1: '',
        LANG: 'C.UTF-8',
        TZ: 'UTC',
      },
    });
  const shell = `flow() { '${process.execPath}' '${BIN}' "$@"; }`;
  const sizes = ['-x', String(size.columns), '-y', String(size.rows)];
  tmux('-u', 'new-session', '-d', '-s', 'test', ...sizes, '-c', at.dir, '/bin/sh');
  whenFinished(() => void tmux('kill-server'));
  const self: TmuxScreen = {
    async type(line) {
      tmux('send-keys', '-t', 'test', '-l', line);
      // It may be wrapped. Before it is there, the prompt is still that of the command before.
      const typed = line.replaceAll(/\s/g, '');
      await self.until((text) => text.replaceAll(/\s/g, '').endsWith(typed));
      tmux('send-keys', '-t', 'test', 'Enter');
    },
    press: (key) => void tmux('send-keys', '-t', 'test', key),
    resize: (columns, rows) =>
      void tmux('resize-window', '-t', 'test', '-x', String(columns), '-y', String(rows)),
    lines: () => tmux('capture-pane', '-p', '-t', 'test').trimEnd().split('\n'),
    async until(holds) {
      let lines: string[] = [];
      await eventually(() => holds((lines = self.lines()).join('\n'))).catch((error: unknown) => {
        throw new Error(`it never came to stand on the screen: ${String(holds)}\n${lines.join('\n')}`, {
          cause: error,
        });
      });
      return lines;
    },
    hasCursor: () => tmux('display-message', '-p', '-t', 'test', '#{cursor_flag}').trim() === '1',
  };
  await self.type(`${shell}; PS1='$ '; clear`);
  await self.until((text) => text === '$');
  return self;
}
