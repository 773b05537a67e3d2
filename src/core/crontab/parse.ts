import { isTimeZone } from '../../base/instant.ts';
import { parseCron } from '../cron/parse.ts';
import type { Crontab, CrontabJob, CrontabProblem, Line, Settings } from './crontab.ts';
import { splitPercent } from './percent.ts';
import { readVariable, withVariable } from './variable.ts';

const FIELDS = /^(?:@\S+|\S+(?:[ \t]+\S+){4})(?=[ \t]|$)/;

/**
 * Reads a crontab as crontab(5) of Vixie cron and cronie says. Never fails: what is wrong is told with its
 * place (E020, W001). `user`: the lines are as in /etc/crontab, with a user before the command, and the jobs
 * of this one are wanted; null: a crontab of somebody's own.
 */
export function parseCrontab(text: string, user: string | null): Crontab {
  let settings: Settings = { variables: new Map(), zone: null, delayMinutes: 0 };
  const jobs: CrontabJob[] = [];
  const problems: CrontabProblem[] = [];
  for (const line of linesOf(text)) {
    const trimmed = line.text.trim();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    const unfit = unfitLine(line);
    const variable = readVariable(line.text);
    if (unfit !== null) problems.push(unfit);
    else if (variable !== null) {
      const { settings: next, problem } = withVariable(settings, variable, line);
      settings = next;
      if (problem !== null && !isTold(problems, problem)) problems.push(problem);
    } else {
      const read = readJob(line, settings, user);
      if ('job' in read) jobs.push(read.job);
      else problems.push(read.problem);
    }
  }
  return { jobs, problems };
}

/** A note that holds for the whole crontab is made once. */
function isTold(problems: readonly CrontabProblem[], { message }: CrontabProblem): boolean {
  return problems.some((one) => one.message === message);
}

function linesOf(text: string): Line[] {
  let start = 0;
  return text.split('\n').map((whole, i) => {
    const line = { number: i + 1, start, text: whole.replace(/\r$/, '') };
    start += whole.length + 1;
    return line;
  });
}

/** Bytes that are no UTF-8 came as U+FFFD: what they were is lost. */
function unfitLine(line: Line): CrontabProblem | null {
  const at = line.text.search(/[\0\ufffd]/);
  return at === -1 ? null : lost(line, 'the line holds what is no UTF-8 text', null, at, at + 1);
}

/** `from` and `to` count in the line. */
function lost(line: Line, message: string, hint: string | null, from: number, to: number): CrontabProblem {
  return { kind: 'job', message, hint, start: line.start + from, end: line.start + to };
}

function readJob(
  line: Line,
  { variables, zone, delayMinutes }: Settings,
  user: string | null,
): { readonly job: CrontabJob } | { readonly problem: CrontabProblem } {
  // A dash before the fields only keeps cronie from logging the start.
  const begin = /^[ \t]*-?/.exec(line.text)?.[0].length ?? 0;
  const fields = FIELDS.exec(line.text.slice(begin))?.[0] ?? null;
  const end = line.text.length;
  if (fields === null) {
    const hint = 'a job has five fields, or a macro such as @daily, and a command';
    return { problem: lost(line, 'neither a job nor NAME=value', hint, begin, end) };
  }
  const wrong = wrongTime(fields);
  if (wrong !== null) {
    const { message, hint, from, to } = wrong;
    return { problem: lost(line, message, hint, begin + from, begin + to) };
  }
  const whole = (message: string, hint: string | null = null): { problem: CrontabProblem } => ({
    problem: lost(line, message, hint, begin, end),
  });
  if (zone !== null && !isTimeZone(zone)) return whole(`unknown time zone "${zone}" of CRON_TZ`);
  const rest = line.text.slice(begin + fields.length).replace(/^[ \t]+/, '');
  const owner = user === null ? null : (/^\S+/.exec(rest)?.[0] ?? '');
  if (owner !== null && owner !== '' && owner !== user) {
    const hint = `import it as ${owner}, with a daemon of ${owner}'s own`;
    return whole(`the job runs as ${owner}, flow runs all as ${user ?? ''}`, hint);
  }
  if (owner === null && /^root[ \t]/.test(rest)) {
    return whole('the command begins with the name of a user', 'give --system for lines as in /etc/crontab');
  }
  const { command, input } = splitPercent(rest.slice(owner?.length ?? 0).replace(/^[ \t]+/, ''));
  if (command.trim() === '') return whole('there is no command');
  if (command.startsWith('*')) {
    return whole('the command begins with *', 'cron knows five fields, no seconds and no year');
  }
  const schedule = fields.replaceAll(/[ \t]+/g, ' ');
  const { number, start, text } = line;
  const job = { line: number, start, end: start + end, text, schedule, command, input };
  return { job: { ...job, variables, zone, delayMinutes } };
}

interface WrongTime {
  readonly message: string;
  readonly hint: string | null;
  readonly from: number;
  readonly to: number;
}

/** What flow does not take, or takes for something else than cron does; the first is enough to look at the line. */
function wrongTime(fields: string): WrongTime | null {
  const random = /\S*~\S*/.exec(fields);
  if (random !== null) {
    const hint = 'write a number; jitter_sec spreads the starts of many DAGs';
    const [text] = random;
    return { message: `random times as ${text} are not supported`, hint, ...within(random.index, text) };
  }
  const parsed = parseCron(fields);
  if ('problems' in parsed) {
    const [first] = parsed.problems;
    return first === undefined ? null : { ...first, from: first.start, to: first.end };
  }
  const step = /(?<![^\s,])(\w+)\/\d+(?![^\s,])/.exec(fields);
  if (step === null) return null;
  const [text, start = ''] = step;
  const message = `cron refuses ${text}, or takes it for ${start} alone; flow begins at ${start} and goes on`;
  return { message, hint: `write ${start}, or a range before the slash`, ...within(step.index, text) };
}

function within(from: number, text: string): { from: number; to: number } {
  return { from, to: from + text.length };
}
