import { resolve } from 'node:path';
import type { Dag } from '../core/dag.ts';
import { chooseJobLog } from '../report/ci/choose-job-log.ts';
import { GroupedReporter } from '../report/ci/grouped.ts';
import { inCi } from '../report/ci/system.ts';
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

/** The mode that was chosen, else the one that suits the place. @throws FlowError (exit 2) for modes that come later. */
export function outputMode({ config, env }: Context, flags: OutputFlags): 'plain' | 'grouped' | 'json' {
  if (flags.junit !== undefined) throw notYet('--junit');
  if (flags.json === true) return 'json';
  if (config.output === 'live') throw notYet(`--output ${config.output}`);
  return config.output ?? (inCi(env) ? 'grouped' : 'plain');
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
  const shown = { out, err, paintOut, paintErr, dag, quiet, verbose };
  const main = ((): Reporter => {
    switch (outputMode(context, flags)) {
      case 'json':
        return new JsonReporter(out, clock);
      case 'grouped':
        return GroupedReporter.create({ ...shown, clock, jobLog: chooseJobLog(context.env, paintOut) });
      case 'plain':
        return new PlainReporter(shown);
    }
  })();
  if (flags.events === undefined) return main;
  const warn = (message: string): void => err.write(`${paintErr('warning', 'warning:')} ${message}\n`);
  return reporters([main, eventsFile(resolve(context.cwd, flags.events), clock, warn)]);
}
