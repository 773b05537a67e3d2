import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import type { CrontabJob } from '../../core/crontab/crontab.ts';
import { dagNames } from '../../core/crontab/names.ts';
import { parseCrontab } from '../../core/crontab/parse.ts';
import { flowError, type Diagnostic, type Source } from '../../errors/diagnostic.ts';
import { EXIT, type ExitCode } from '../../errors/exit-codes.ts';
import { renderDiagnostics } from '../../errors/render.ts';
import { loadDag } from '../../language/load.ts';
import { crontabDag } from '../crontab-dag.ts';
import { readCrontab } from '../crontab-source.ts';
import type { Context } from '../context.ts';
import { writeNewFiles, writeSchema } from '../new-file.ts';
import { shownPath } from '../../machine/shown-path.ts';

export interface ImportFlags {
  readonly dir?: string;
  readonly dryRun?: boolean;
  readonly system?: boolean;
}

/** A DAG file to be, and the job that it is made of. */
interface Made {
  readonly job: CrontabJob;
  readonly path: string;
  readonly shown: string;
  readonly text: string;
}

/**
 * `flow import crontab [FILE]`: a DAG file for each job of a crontab, and a word about all that has no place in one.
 * Exit 1 when a job was left out (E020); the others are written.
 * @throws FlowError: exit 1 when there is no job (E021), or when a file exists (S018): then nothing is written
 */
export async function importCrontab(
  context: Context,
  argument: string | undefined,
  flags: ImportFlags,
): Promise<ExitCode> {
  const source = await readCrontab(context, argument);
  const { jobs, problems } = parseCrontab(source.text, flags.system === true ? userInfo().username : null);
  const found = problems.map(({ kind, message, hint, start, end }): Diagnostic => {
    const rank = kind === 'job' ? ERROR : WARNING;
    return { ...rank, message, span: { source, start, end }, ...(hint === null ? {} : { hint }) };
  });
  const folder = flags.dir === undefined ? context.dags : resolve(context.cwd, flags.dir);
  const made: Made[] = [];
  const names = dagNames(jobs.map(({ command }) => command));
  jobs.forEach((job, i) => {
    const one = dagOf(context, job, names[i] ?? '', source, folder);
    if ('text' in one) made.push(one);
    else found.push(one);
  });
  found.sort((a, b) => (a.span?.start ?? 0) - (b.span?.start ?? 0));
  tell(context, found);
  const lost = found.some(({ severity }) => severity === 'error');
  if (made.length === 0) {
    const why = lost ? 'no job of it can become a DAG' : 'it has no job';
    throw flowError(EXIT.failed, 'E021', `nothing to import from ${source.file}: ${why}`);
  }
  if (flags.dryRun === true) {
    context.out.write(made.map(({ shown, text }) => `# ${shown}\n${text}`).join('\n'));
    return EXIT.ok;
  }
  refuseExisting(context, made);
  writeNewFiles(context, made, ELSEWHERE);
  const schema = writeSchema(context, folder);
  if (!context.quiet)
    context.err.write([...made.map(lineOf), ...schema.map((file) => `wrote ${file}\n`)].join(''));
  return lost ? EXIT.failed : EXIT.ok;
}

const ERROR = { code: 'E020', severity: 'error' } as const;
const WARNING = { code: 'W001', severity: 'warning' } as const;
const ELSEWHERE = 'nothing was written; give another folder: --dir DIR';

/** The file of a job, which the loader of flow has looked at, or why there is none. */
function dagOf(
  context: Context,
  job: CrontabJob,
  name: string,
  source: Source,
  folder: string,
): Made | Diagnostic {
  const span = { source, start: job.start, end: job.end };
  const text = crontabDag(name, job, source.file);
  if (text === null) {
    const message = 'what stands behind % cannot be given to a shell of this kind';
    return { ...ERROR, message, span, hint: 'let SHELL be /bin/sh for this job' };
  }
  const path = join(folder, `${name}.yaml`);
  const shown = shownPath(path, context.cwd);
  const { dag, diagnostics } = loadDag({ file: shown, bytes: new TextEncoder().encode(text) });
  if (dag !== null) return { job, path, shown, text };
  const error = diagnostics.find(({ severity }) => severity === 'error');
  return { ...ERROR, message: `the job makes no valid DAG: ${error?.message ?? ''}`, span };
}

/** Before anything is written, and with both ends that a DAG file may have. */
function refuseExisting(context: Context, made: readonly Made[]): void {
  const there = made
    .flatMap(({ path }) => [path, path.replace(/\.yaml$/, '.yml')])
    .filter((path) => existsSync(path))
    .map((path) => shownPath(path, context.cwd));
  if (there.length === 0) return;
  const verb = there.length === 1 ? 'exists' : 'exist';
  throw flowError(EXIT.failed, 'S018', `${there.join(', ')} ${verb} already`, ELSEWHERE);
}

function tell({ err, paintErr, quiet }: Context, found: readonly Diagnostic[]): void {
  const told = found.filter(({ severity }) => !quiet || severity === 'error');
  err.write(renderDiagnostics(told, { color: paintErr }));
}

function lineOf({ shown, job }: Made): string {
  return `wrote ${shown}  line ${job.line}: ${job.schedule}\n`;
}
