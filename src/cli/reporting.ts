import { resolve } from 'node:path';
import type { Dag } from '../core/dag.ts';
import { eventsFile } from '../report/events-file.ts';
import { JsonReporter } from '../report/json.ts';
import { PlainReporter } from '../report/plain.ts';
import { reporters, type Reporter } from '../report/reporter.ts';
import { LiveReporter } from '../report/live/reporter.ts';
import type { UsualTimes } from '../report/live/rows.ts';
import { Screen } from '../term/screen.ts';
import { NOWHERE } from '../term/sink.ts';
import type { Context } from './context.ts';
import { notYet, usageError } from './usage.ts';

/** Output flags of run, resume and rerun; `--output` is a setting and stands in the configuration. */
export interface OutputFlags {
  readonly json?: boolean;
  readonly events?: string;
  readonly junit?: string;
}

export type OutputMode = 'live' | 'plain' | 'json';

/** The mode that was chosen, or the one that fits (CLI.md §5). @throws FlowError (exit 2) for modes that come later. */
export function outputMode({ config, env, err, quiet }: Context, flags: OutputFlags): OutputMode {
  if (flags.junit !== undefined) throw notYet('--junit');
  if (flags.json === true) return 'json';
  if (config.output === 'grouped') throw notYet(`--output ${config.output}`);
  if (config.output === 'plain' || config.output === 'json') return config.output;
  const isCi = (env['CI'] ?? '') !== '' && env['CI'] !== 'false';
  const isWanted = config.output === 'live' || (!isCi && !quiet);
  return isWanted && err.isTerminal && env['TERM'] !== 'dumb' ? 'live' : 'plain';
}

/** `--json` beside another `--output` contradicts itself. */
export function checkOutputFlags(output: string | undefined, flags: OutputFlags): void {
  if (flags.json === true && output !== undefined && output !== 'json') {
    throw usageError(`--json and --output ${output} cannot be combined`);
  }
}

/** How an attempt is shown. */
export interface Display {
  /** Its standard error does not disturb what is drawn there. */
  readonly context: Context;
  readonly reporter: Reporter;
  /** Takes the times that steps usually need; null: nobody would see them. */
  readonly tellUsual: ((usual: UsualTimes) => void) | null;
  /** Leaves the screen clean, however the attempt ended. */
  close(): void;
}

/** Who shows a run: the chosen mode, and beside it `--events FILE`. */
export function openDisplay(context: Context, dag: Dag, flags: OutputFlags): Display {
  const mode = outputMode(context, flags);
  const display = mode === 'live' ? live(context, dag) : lines(context, dag, mode);
  if (flags.events === undefined) return display;
  const { clock, cwd, paintErr } = context;
  const warn = (message: string): void =>
    display.context.err.write(`${paintErr('warning', 'warning:')} ${message}\n`);
  const file = eventsFile(resolve(cwd, flags.events), clock, warn);
  return { ...display, reporter: reporters([display.reporter, file]) };
}

function lines(context: Context, dag: Dag, mode: 'plain' | 'json'): Display {
  const { out, clock } = context;
  const reporter = mode === 'json' ? new JsonReporter(out, clock) : plain(context, dag);
  return { context, reporter, tellUsual: null, close: () => undefined };
}

function plain({ out, err, paintOut, paintErr, quiet, verbose }: Context, dag: Dag): PlainReporter {
  return new PlainReporter({ out, err, paintOut, paintErr, dag, quiet, verbose });
}

/** What the steps print goes to standard output all the same when that is no terminal: somebody reads it. */
function live(context: Context, dag: Dag): Display {
  const { clock, verbose, out, err, paintErr: paint } = context;
  const screen = new Screen(err);
  const showCursor = (): void => screen.close();
  const redraw = (): void => screen.forget();
  process.on('exit', showCursor);
  process.on('SIGCONT', redraw);
  const shown = new LiveReporter({ screen, paint, clock, dag, verbose });
  const output = plain({ ...context, err: NOWHERE }, dag);
  return {
    context: { ...context, err: screen },
    reporter: out.isTerminal ? shown : reporters([shown, output]),
    tellUsual: (usual) => (shown.usual = usual),
    close() {
      screen.close();
      process.off('exit', showCursor);
      process.off('SIGCONT', redraw);
    },
  };
}
