import { formatDuration } from '../../base/duration.ts';
import { EXIT, type ExitCode } from '../../errors/exit-codes.ts';
import { ago, localTime } from '../../report/times.ts';
import { tableLines } from '../../term/table.ts';
import type { Context } from '../context.ts';
import { shownPath } from '../../machine/shown-path.ts';
import { livingDaemon, type DaemonFacts } from './lock.ts';

/** `flow status --daemon`: what the daemon of this home does; exit 1 when there is none. */
export function daemonStatus(context: Context, json: boolean): ExitCode {
  const facts = livingDaemon(context.home);
  if (json) {
    context.out.write(`${JSON.stringify({ daemon: facts }, null, 2)}\n`);
  } else if (facts === null) {
    context.err.write(`no daemon is running\n${context.paintErr('dim', 'start one with')}  flow scheduler\n`);
  } else {
    for (const line of lines(context, facts)) context.out.write(`${line}\n`);
  }
  return facts === null ? EXIT.failed : EXIT.ok;
}

function lines({ clock, cwd, paintOut }: Context, facts: DaemonFacts): string[] {
  const now = clock.wall();
  const { next } = facts;
  const when =
    next === null ? 'none' : `${localTime(Date.parse(next))}, in ${formatDuration(Date.parse(next) - now)}`;
  const rows = [
    ['daemon', facts.draining ? paintOut('warning', 'draining') : paintOut('running', '▸ running')],
    ['pid', `${facts.pid}, flow ${facts.version}`],
    ['since', `${localTime(Date.parse(facts.since))}, ${ago(Date.parse(facts.since), now)}`],
    ['folder', `${shownPath(facts.folder, cwd)}, ${facts.scheduled} scheduled`],
    ['next tick', when],
    ['runs', String(facts.running)],
  ];
  const table = tableLines(rows.map(([key = '', value = '']) => [paintOut('dim', key), value]));
  const problems = facts.problems.map(({ file, message, keeps_older }) => {
    const note = keeps_older ? '; its last valid version goes on' : '';
    return `${paintOut('error', '✗')} ${shownPath(file, cwd)}: ${message}${note}`;
  });
  return [...table, ...problems];
}
