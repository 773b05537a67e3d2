import { resolve } from 'node:path';
import type { Dag } from '../core/dag.ts';
import { chooseJobLog } from '../report/ci/choose-job-log.ts';
import { GroupedReporter } from '../report/ci/grouped.ts';
import { githubSummary } from '../report/ci/github-summary.ts';
import { junitFile } from '../report/ci/junit-file.ts';
import { ciSystem, inCi } from '../report/ci/system.ts';
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

/** Who shows a run: the chosen mode, and beside it `--events FILE` and `--junit FILE`. */
export function makeReporter(context: Context, dag: Dag, flags: OutputFlags): Reporter {
  const { out, err, paintOut, paintErr, clock, quiet, verbose } = context;
  const shown = { out, err, paintOut, paintErr, dag, quiet, verbose };
  const mode = outputMode(context, flags);
  const main = ((): Reporter => {
    switch (mode) {
      case 'json':
        return new JsonReporter(out, clock);
      case 'grouped':
        return GroupedReporter.create({ ...shown, clock, jobLog: chooseJobLog(context.env, paintOut) });
      case 'plain':
        return new PlainReporter(shown);
    }
  })();
  const warn = (message: string): void => err.write(`${paintErr('warning', 'warning:')} ${message}\n`);
  const file = (path: string): string => resolve(context.cwd, path);
  const beside: Reporter[] = [];
  if (flags.junit !== undefined) beside.push(junitFile(file(flags.junit), dag, context.umask, warn));
  const summary = context.env['GITHUB_STEP_SUMMARY'] ?? '';
  if (mode === 'grouped' && ciSystem(context.env) === 'github' && summary !== '') {
    beside.push(githubSummary(file(summary), dag, warn));
  }
  if (flags.events !== undefined) beside.push(eventsFile(file(flags.events), clock, warn));
  return beside.length === 0 ? main : reporters([main, ...beside]);
}
