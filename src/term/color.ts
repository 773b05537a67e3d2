import { Chalk, type ChalkInstance } from 'chalk';

/** What a piece of text stands for; how it looks is decided here only. Nothing is told by colour alone. */
export type Style =
  | 'bold'
  | 'dim'
  | 'error'
  | 'warning'
  | 'success'
  | 'running'
  | 'skipped'
  | 'aborted'
  | 'waiting'
  | 'hint'
  | 'place'
  | 'caret';

/** Styles text, or returns it as it is when colour is off. */
export type Paint = (style: Style, text: string) => string;

export type ColorChoice = 'always' | 'never' | 'auto';
export type ColorLevel = 0 | 1 | 2 | 3;

export const plainPaint: Paint = (_style, text) => text;

/**
 * How many colours one stream gets (CLI.md §1): the flag or its setting, then NO_COLOR (non-empty), FORCE_COLOR,
 * TERM=dumb, and at last whether the stream is a terminal.
 */
export function colorLevel(
  choice: ColorChoice,
  env: Readonly<Record<string, string | undefined>>,
  isTerminal: boolean,
): ColorLevel {
  if (choice === 'never') return 0;
  if (choice === 'always') return terminalLevel(env);
  if (filled(env['NO_COLOR'])) return 0;
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined) return forcedLevel(forced, env);
  if (!isTerminal || env['TERM'] === 'dumb') return 0;
  return terminalLevel(env);
}

export function painter(level: ColorLevel): Paint {
  if (level === 0) return plainPaint;
  const chalk = new Chalk({ level });
  const looks = looksOf(chalk);
  return (style, text) => (text === '' ? text : looks[style](text));
}

function looksOf(chalk: ChalkInstance): Readonly<Record<Style, ChalkInstance>> {
  return {
    bold: chalk.bold,
    dim: chalk.dim,
    error: chalk.red.bold,
    warning: chalk.yellow,
    success: chalk.green,
    running: chalk.cyan,
    skipped: chalk.dim,
    aborted: chalk.magenta,
    waiting: chalk.blue,
    hint: chalk.cyan,
    place: chalk.dim,
    caret: chalk.red,
  };
}

function filled(value: string | undefined): boolean {
  return value !== undefined && value !== '';
}

function forcedLevel(value: string, env: Readonly<Record<string, string | undefined>>): ColorLevel {
  if (value === '0' || value === 'false') return 0;
  if (value === '1') return 1;
  if (value === '2') return 2;
  if (value === '3') return 3;
  return terminalLevel(env);
}

function terminalLevel(env: Readonly<Record<string, string | undefined>>): ColorLevel {
  if (env['COLORTERM'] === 'truecolor' || env['COLORTERM'] === '24bit') return 3;
  return /-256(color)?$/.test(env['TERM'] ?? '') ? 2 : 1;
}
