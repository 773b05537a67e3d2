import { EXIT, type ExitCode } from '../../errors/exit-codes.ts';
import { didYouMean } from '../../errors/suggest.ts';
import type { Context } from '../context.ts';
import { usageError } from '../usage.ts';

/** `flow schema [events]`: the JSON Schema (draft-07) of the language, or of the events. */
export async function schema(context: Context, subject: string | undefined): Promise<ExitCode> {
  context.out.write(`${JSON.stringify(await schemaOf(subject), null, 2)}\n`);
  return EXIT.ok;
}

async function schemaOf(subject: string | undefined): Promise<object> {
  if (subject === undefined) return (await import('../../language/editor-schema.ts')).languageSchema();
  if (subject === 'events') return (await import('../../report/event-schema.ts')).eventSchema();
  const hint = didYouMean(subject, ['events']) ?? 'write `flow schema` or `flow schema events`';
  throw usageError(`no schema of "${subject}"`, hint);
}
