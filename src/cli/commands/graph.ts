import { EXIT, type ExitCode } from '../../errors/exit-codes.ts';
import { graphLines } from '../../report/graph-text.ts';
import { mermaidLines } from '../../report/graph-mermaid.ts';
import type { Context } from '../context.ts';
import { readDag } from '../read-dag.ts';
import { notYet, usageError } from '../usage.ts';

/** `flow graph DAG` */
export async function graph(
  context: Context,
  argument: string,
  flags: { readonly format: string },
): Promise<ExitCode> {
  const { format } = flags;
  if (format === 'dot' || format === 'json') throw notYet(`--format ${format}`);
  if (format !== 'text' && format !== 'mermaid') {
    throw usageError(`--format: no format "${format}"`, 'one of text, mermaid');
  }
  const { dag } = await readDag(context, argument, { warnings: false });
  const lines = format === 'text' ? graphLines(dag, context.paintOut) : mermaidLines(dag);
  context.out.write(`${lines.join('\n')}\n`);
  return EXIT.ok;
}
