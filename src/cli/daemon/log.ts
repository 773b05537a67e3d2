import { localTime } from '../../report/times.ts';
import type { DaemonLog, Fields } from '../../scheduler/types.ts';
import type { Context } from '../context.ts';

type Level = 'info' | 'warn' | 'error';

/** The log of the daemon on standard error: lines for people on a terminal, else one JSON object per line. */
export function daemonLog(context: Context): DaemonLog {
  const { err } = context;
  const write = err.isTerminal ? toPeople(context) : toMachines(context);
  const at =
    (level: Level) =>
    (text: string, fields: Fields = {}): void => {
      if (context.quiet && level === 'info') return;
      write(level, text, fields);
    };
  return { info: at('info'), warn: at('warn'), error: at('error') };
}

function toPeople({ err, clock, paintErr }: Context) {
  const marks = { info: '', warn: paintErr('warning', 'warning: '), error: paintErr('error', 'error: ') };
  return (level: Level, text: string): void => {
    err.write(`${paintErr('dim', localTime(clock.wall()))}  ${marks[level]}${text}\n`);
  };
}

function toMachines({ err, clock }: Context) {
  return (level: Level, text: string, fields: Fields): void => {
    const at = new Date(clock.wall()).toISOString();
    err.write(`${JSON.stringify({ at, level, message: text, ...fields })}\n`);
  };
}
