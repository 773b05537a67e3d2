import { resolve } from 'node:path';
import { flowError, type Source } from '../errors/diagnostic.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { runCommand } from '../process/command.ts';
import type { Context } from './context.ts';
import { readRegularFile } from '../machine/regular-file.ts';

/** More than any crontab has; cron itself takes far less. */
const MAX_BYTES = 4 * 1024 * 1024;

const HINT = 'name a file: `flow import crontab FILE`, or - for standard input';

/**
 * The crontab of an argument: a file, `-` for standard input, nothing for what `crontab -l` prints.
 * @throws FlowError (E021): exit 2 for a file that cannot be read, 1 when the user has no crontab
 */
export async function readCrontab(context: Context, argument: string | undefined): Promise<Source> {
  if (argument === '-') return { file: 'stdin', text: await context.readInput() };
  if (argument === undefined) return { file: 'crontab', text: await ownCrontab(context) };
  const bytes = readRegularFile(resolve(context.cwd, argument), 'E021', argument);
  return { file: argument, text: new TextDecoder().decode(bytes) };
}

async function ownCrontab({ cwd, env }: Context): Promise<string> {
  const known = Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  const result = await runCommand({
    ...{ argv: ['crontab', '-l'], cwd, env: Object.fromEntries(known) as Record<string, string> },
    ...{ timeoutMs: 30_000, maxBytes: MAX_BYTES },
  });
  const { code, stdout, stderr } = result;
  if (code === 0) return stdout;
  const why = code === 127 ? 'there is no such program' : (stderr.trim().split('\n')[0] ?? '');
  throw flowError(EXIT.failed, 'E021', `crontab -l failed: ${why === '' ? `exit code ${code}` : why}`, HINT);
}
