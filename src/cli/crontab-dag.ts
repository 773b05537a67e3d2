import type { Value } from '../base/value.ts';
import { printYaml } from '../base/yaml.ts';
import type { CrontabJob } from '../core/crontab/crontab.ts';
import { LITERAL_CONSTS, literal } from '../core/reference/literal.ts';
import type { TemplateClass } from '../core/reference/template.ts';
import { isPosixShell } from '../core/shell.ts';
import { visible } from '../errors/columns.ts';
import { SCHEMA_LINE } from './new-file.ts';

/** What cron gives to a job whose crontab does not say otherwise; HOME is that of the user anyway. */
const DEFAULTS = [
  ['SHELL', '/bin/sh'],
  ['PATH', '/usr/bin:/bin'],
] as const;

/** Remarks begin in this column where there is room. */
const REMARKS = 34;

/**
 * The DAG file of a job of a crontab: it does what cron would do, and says where it does not. `from` names the
 * crontab. Null: the job has standard input, and its shell is none that flow knows how to give it to.
 */
export function crontabDag(name: string, job: CrontabJob, from: string): string | null {
  const variables = new Map<string, string>([...DEFAULTS, ...job.variables]);
  const shell = variables.get('SHELL') ?? '';
  const run = withInput(job, shell);
  if (run === null) return null;
  const texts = new Texts();
  const env = new Map([...variables].map(([key, value]) => [key, texts.add(value, 'full')]));
  const step = new Map<string, Value>([
    ['name', name],
    ['with', new Map([['shell', /^[\w./-]+$/.test(shell) ? shell : [texts.add(shell, 'full')]]])],
    ['run', texts.add(run, 'ref')],
  ]);
  const { zone, delayMinutes } = job;
  return [
    `${SCHEMA_LINE}\n# Line ${job.line} of ${visible(from)}:\n#   ${visible(job.text.trim())}\n`,
    field('schedule', job.schedule),
    zone === null ? '' : field('timezone', zone, 'CRON_TZ'),
    delayMinutes === 0 ? '' : field('jitter_sec', { number: `${delayMinutes * 60}` }, 'RANDOM_DELAY'),
    field('overlap_policy', 'skip', 'cron would start a second run beside one that lasts'),
    field('working_dir', '~'),
    field('dotenv', [], 'cron reads no .env file'),
    '# Values as cron has them, which expands nothing; SHELL and PATH are its own unless the crontab sets them.\n',
    field('env', env),
    texts.named ? field('consts', CONSTS) : '',
    '# The step names its shell: so the command goes on after an error, as under cron.\n',
    field('steps', [step]),
  ].join('');
}

const CONSTS = Object.entries(LITERAL_CONSTS).map((entry) => new Map([entry]));

/** Writes texts down so that flow hands them on as they are, and knows whether that takes the constants. */
class Texts {
  named = false;

  add(text: string, cls: TemplateClass): string {
    const written = literal(text, cls);
    this.named ||= written.named;
    return written.text;
  }
}

function field(key: string, value: Value, remark: string | null = null): string {
  const text = printYaml(new Map([[key, value]]));
  return remark === null ? text : `${text.trimEnd().padEnd(REMARKS)}  # ${remark}\n`;
}

/** Standard input of a step is empty, so the shell takes its own from a here-document. */
function withInput({ command, input }: CrontabJob, shell: string): string | null {
  if (input === null) return command;
  if (!isPosixShell(shell)) return null;
  const lines = input.split('\n');
  let end = 'END';
  while (lines.includes(end)) end += '_';
  return `exec <<'${end}'\n${input}${end}\n${command}\n`;
}
