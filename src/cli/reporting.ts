import { resolve } from 'node:path';
import type { Dag } from '../core/dag.ts';
import { eventsFile } from '../report/events-file.ts';
import { JsonReporter } from '../report/json.ts';
import { PlainReporter } from '../report/plain.ts';
import { reporters, type Reporter } from '../report/reporter.ts';
import type { Context } from './context.ts';
import { notYet, usageError } from './usage.ts';

/** Output flags of run, resume and rerun; `--output` is a setting and stands in the configuration. */
export interface OutputFlags {
  readonly json?: boolean;
  readonly events?: string;
  readonly junit?: string;
}

/** The mode that was chosen. @throws FlowError (exit 2) for modes that come later. */
export function outputMode({ config }: Context, flags: OutputFlags): 'plain' | 'json' {
  if (flags.junit !== undefined) throw notYet('--junit');
  if (flags.json === true) return 'json';
  switch (config.output) {
    case 'live':
    case 'grouped':
      throw notYet(`--output ${config.output}`);
    case 'json':
      return 'json';
    case 'plain':
    case null:
      return 'plain';
  }
}

/** `--json` beside another `--output` contradicts itself. */
export function checkOutputFlags(output: string | undefined, flags: OutputFlags): void {
  if (flags.json === true && output !== undefined && output !== 'json') {
    throw usageError(`--json and --output ${output} cannot be combined`);
  }
}

/** Who shows a run: the chosen mode, and beside it `--events FILE`. */
export function makeReporter(context: Context, dag: Dag, flags: OutputFlags): Reporter {
  const { out, err, paintOut, paintErr, clock, quiet, verbose } = context;
  const mode = outputMode(context, flags);
  const main =
    mode === 'json'
      ? new JsonReporter(out, clock)
      : new PlainReporter({ out, err, paintOut, paintErr, dag, quiet, verbose });
  if (flags.events === undefined) return main;
  const warn = (message: string): void => err.write(`${paintErr('warning', 'warning:')} ${message}\n`);
  return reporters([main, eventsFile(resolve(context.cwd, flags.events), clock, warn)]);
}
