import { resolve } from 'node:path';
import { EXIT, type ExitCode } from '../../errors/exit-codes.ts';
import type { Context } from '../context.ts';
import { shownPath } from '../../machine/shown-path.ts';
import { migratedText, openReadOnly, openToWrite } from '../wiring.ts';

/** `flow db path` */
export function dbPath(context: Context): ExitCode {
  context.out.write(`${context.home.database}\n`);
  return EXIT.ok;
}

/** `flow db check`: exit 1 when the database is damaged. */
export async function dbCheck(context: Context): Promise<ExitCode> {
  const store = await openReadOnly(context);
  let problems: string[];
  try {
    problems = await store.check();
  } finally {
    await store.close();
  }
  for (const problem of problems) context.out.write(`${problem}\n`);
  if (problems.length > 0) {
    context.err.write(
      `${context.paintErr('hint', 'hint:')} put back the newest copy made by \`flow db backup\`\n`,
    );
    return EXIT.failed;
  }
  if (!context.quiet) context.out.write('ok\n');
  return EXIT.ok;
}

/** `flow db backup FILE`: a consistent copy, also while runs run. */
export async function dbBackup(context: Context, file: string): Promise<ExitCode> {
  const target = resolve(context.cwd, file);
  const store = await openReadOnly(context);
  try {
    await store.backup(target);
  } finally {
    await store.close();
  }
  if (!context.quiet) context.err.write(`copied to ${shownPath(target, context.cwd)}\n`);
  return EXIT.ok;
}

/** `flow db migrate`: what every writing command does when it opens an older database, done on purpose (E17). */
export async function dbMigrate(context: Context): Promise<ExitCode> {
  const store = await openToWrite(context);
  const { schemaVersion } = store.info();
  await store.close();
  if (context.quiet) return EXIT.ok;
  const { migrated } = store;
  const upToDate = `the database has schema ${schemaVersion}, the newest: nothing to do`;
  context.out.write(`${migrated === null ? upToDate : migratedText(migrated)}\n`);
  return EXIT.ok;
}
