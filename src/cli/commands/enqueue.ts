import { shortId } from '../../base/ids.ts';
import { queueRun } from '../../engine/create-run.ts';
import { EXIT, type ExitCode } from '../../errors/exit-codes.ts';
import type { Context } from '../context.ts';
import { livingDaemon } from '../daemon/lock.ts';
import { explained } from '../../machine/explained.ts';
import { newRun, type NewRunFlags } from '../new-run.ts';
import { SILENT } from '../silent.ts';
import { usageError } from '../usage.ts';
import { openMachine } from '../wiring.ts';

export interface EnqueueFlags extends NewRunFlags {
  readonly queue?: string;
}

/** `flow enqueue DAG [PARAM...]`: records a run for the daemon (LANGUAGE.md §21.1); its id is what it prints. */
export async function enqueue(
  context: Context,
  argument: string,
  words: readonly string[],
  flags: EnqueueFlags,
): Promise<ExitCode> {
  if (flags.queue?.trim() === '') throw usageError('--queue needs the name of a queue');
  const { request, dag } = await newRun(context, argument, words, flags);
  const queue = flags.queue ?? dag.queue;
  const machine = await openMachine(context);
  try {
    await queueRun(machine.deps(SILENT), { ...request, queue });
  } catch (error) {
    throw explained(error);
  } finally {
    await machine.close();
  }
  context.out.write(`${request.id}\n`);
  if (context.quiet) return EXIT.ok;
  const { err, paintErr } = context;
  const short = shortId(request.id);
  const where = queue === null ? '' : ` in queue ${queue}`;
  const then = paintErr('bold', `flow resume ${short}`);
  const whom = livingDaemon(context.home) === null ? 'for a daemon, and none is running' : 'for the daemon';
  err.write(`${paintErr('waiting', 'queued')}: run ${short} of ${dag.name} waits${where} ${whom}\n`);
  err.write(`${paintErr('dim', 'start it at once with')}  ${then}\n`);
  return EXIT.ok;
}
