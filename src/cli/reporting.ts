import { resolve } from 'node:path';
import type { Dag } from '../core/dag.ts';
import { chooseJobLog } from '../report/ci/choose-job-log.ts';
import { GroupedReporter } from '../report/ci/grouped.ts';
import { githubSummary } from '../report/ci/github-summary.ts';
import { junitFile } from '../report/ci/junit-file.ts';
import { ciSystem, inCi } from '../report/ci/system.ts';
import { eventsFile } from '../report/events-file.ts';
import { JsonReporter } from '../report/json.ts';
import { LiveReporter } from '../report/live/reporter.ts';
import type { UsualTimes } from '../report/live/rows.ts';
import { PlainReporter, type PlainOptions } from '../report/plain.ts';
import { reporters, type Reporter } from '../report/reporter.ts';
import { Screen } from '../term/screen.ts';
import { NOWHERE } from '../term/sink.ts';
import type { Context } from './context.ts';
import { usageError } from './usage.ts';

/** Output flags of run, resume and rerun; `--output` is a setting and stands in the configuration. */
export interface OutputFlags {
  readonly json?: boolean;
  readonly events?: string;
  readonly junit?: string;
}

export type OutputMode = 'live' | 'plain' | 'grouped' | 'json';

/** The mode that was chosen, else the one that suits the place (CLI.md §5); without a terminal nothing is drawn. */
export function outputMode({ config, env, err, quiet }: Context, flags: OutputFlags): OutputMode {
  if (flags.json === true) return 'json';
  const suits = inCi(env) ? 'grouped' : quiet ? 'plain' : 'live';
  const mode = config.output ?? suits;
  return mode === 'live' && (!err.isTerminal || env['TERM'] === 'dumb') ? 'plain' : mode;
}

/** `--json` beside another `--output` contradicts itself. */
export function checkOutputFlags(output: string | undefined, flags: OutputFlags): void {
  if (flags.json === true && output !== undefined && output !== 'json') {
    throw usageError(`--json and --output ${output} cannot be combined`);
  }
}

/** How an attempt is shown. */
export interface Display {
  /** What is written to its standard error does not disturb what is drawn there. */
  readonly context: Context;
  readonly reporter: Reporter;
  /** Takes the times that steps usually need; null: nobody would see them. */
  readonly tellUsual: ((usual: UsualTimes) => void) | null;
  /** Leaves the screen clean, however the attempt ended. */
  close(): void;
}

/** Who shows a run: the chosen mode, and beside it `--events FILE` and `--junit FILE`. */
export function openDisplay(context: Context, dag: Dag, flags: OutputFlags): Display {
  const mode = outputMode(context, flags);
  const display = mode === 'live' ? live(context, dag) : lines(context, dag, mode);
  const { cwd, env, clock, umask, paintErr } = context;
  const warn = (message: string): void =>
    display.context.err.write(`${paintErr('warning', 'warning:')} ${message}\n`);
  const file = (path: string): string => resolve(cwd, path);
  const beside: Reporter[] = [];
  if (flags.junit !== undefined) beside.push(junitFile(file(flags.junit), dag, umask, warn));
  const summary = env['GITHUB_STEP_SUMMARY'] ?? '';
  if (mode === 'grouped' && ciSystem(env) === 'github' && summary !== '') {
    beside.push(githubSummary(file(summary), dag, warn));
  }
  if (flags.events !== undefined) beside.push(eventsFile(file(flags.events), clock, warn));
  return beside.length === 0 ? display : { ...display, reporter: reporters([display.reporter, ...beside]) };
}

function lines(context: Context, dag: Dag, mode: Exclude<OutputMode, 'live'>): Display {
  const { out, clock, env, paintOut } = context;
  const reporter = ((): Reporter => {
    switch (mode) {
      case 'json':
        return new JsonReporter(out, clock);
      case 'grouped':
        return GroupedReporter.create({ ...shown(context, dag), clock, jobLog: chooseJobLog(env, paintOut) });
      case 'plain':
        return new PlainReporter(shown(context, dag));
    }
  })();
  return { context, reporter, tellUsual: null, close: () => undefined };
}

function shown({ out, err, paintOut, paintErr, quiet, verbose }: Context, dag: Dag): PlainOptions {
  return { out, err, paintOut, paintErr, dag, quiet, verbose };
}

/** What the steps print goes to standard output all the same when that is no terminal: somebody reads it. */
function live(context: Context, dag: Dag): Display {
  const { clock, verbose, out, err, paintErr: paint } = context;
  const screen = new Screen(err);
  const showCursor = (): void => screen.close();
  const redraw = (): void => screen.forget();
  process.on('exit', showCursor);
  process.on('SIGCONT', redraw);
  const tree = new LiveReporter({ screen, paint, clock, dag, verbose });
  const output = (): Reporter => new PlainReporter(shown({ ...context, err: NOWHERE }, dag));
  return {
    context: { ...context, err: screen },
    reporter: out.isTerminal ? tree : reporters([tree, output()]),
    tellUsual: (usual) => (tree.usual = usual),
    close() {
      screen.close();
      process.off('exit', showCursor);
      process.off('SIGCONT', redraw);
    },
  };
}
