import { isManaged } from '../managed.ts';
import type { CrontabProblem, Line, Settings } from './crontab.ts';

/** `NAME=value` of a crontab; nothing in the value is expanded. */
export interface Variable {
  readonly name: string;
  readonly value: string;
}

const BLANK = '[ \\t]*';
const NAME = `(?:"([^"=]+)"|'([^'=]+)'|([^\\s"'=][^\\s=]*))`;
const VALUE = `(?:"([^"]*)"|'([^']*)'|((?!["'])[^]*))`;
const SETTING = new RegExp(`^${BLANK}${NAME}${BLANK}=${BLANK}${VALUE}${BLANK}$`);

/** crontab(5): blanks around `=` are free, quotes keep those of a value; anything else on the line makes it a job. */
export function readVariable(text: string): Variable | null {
  const found = SETTING.exec(text);
  if (found === null) return null;
  const [, double, single, bare, ...values] = found;
  const [quoted = values[1], plain = ''] = [values[0], values[2]];
  return { name: double ?? single ?? bare ?? '', value: quoted ?? plain.trimEnd() };
}

/** cron sets them for each job, whatever the crontab says. */
const OF_CRON: ReadonlySet<string> = new Set(['LOGNAME', 'USER']);
const OF_MAIL: ReadonlySet<string> = new Set([
  ...['MAILTO', 'MAILFROM', 'CONTENT_TYPE', 'CONTENT_TRANSFER_ENCODING'],
]);

/** The settings after a line that sets a variable, and what is to be said about it (W001). */
export function withVariable(
  before: Settings,
  { name, value }: Variable,
  line: Line,
): { readonly settings: Settings; readonly problem: CrontabProblem | null } {
  const note = (message: string, hint: string | null = null): CrontabProblem => ({
    ...{ kind: 'note', message, hint, start: line.start, end: line.start + line.text.length },
  });
  if (name === 'CRON_TZ')
    return { settings: { ...before, zone: value === '' ? null : value }, problem: null };
  if (name === 'RANDOM_DELAY') {
    const fits = /^\d{1,4}$/.test(value);
    const settings = { ...before, delayMinutes: fits ? Number(value) : 0 };
    return { settings, problem: fits ? null : note('RANDOM_DELAY must be a number of minutes') };
  }
  const refused = refusal(name);
  if (refused !== null) return { settings: before, problem: note(`${name} was left out: ${refused}`) };
  const variables = new Map([...before.variables, [name, value]]);
  const mail = OF_MAIL.has(name) && value !== '';
  const problem = mail ? note('flow sends no mail; output goes to logs', MAIL_HINT) : null;
  return { settings: { ...before, variables }, problem };
}

const MAIL_HINT =
  'write a step under handler_on.failure that sends one, as `mail -s "$FLOW_DAG_NAME failed" "$MAILTO"`';

function refusal(name: string): string | null {
  if (OF_CRON.has(name)) return 'cron sets it by itself, too';
  if (isManaged(name)) return 'flow sets it by itself';
  return /^[A-Za-z_]\w*$/.test(name) ? null : 'no shell knows a variable of such a name';
}
