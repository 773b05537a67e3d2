import type { Dag } from '../../core/dag.ts';
import { didYouMean } from '../../errors/suggest.ts';
import { EXIT, type ExitCode } from '../../errors/exit-codes.ts';
import { dotLines } from '../../report/graph-dot.ts';
import { graphJson } from '../../report/graph-json.ts';
import { mermaidLines } from '../../report/graph-mermaid.ts';
import { graphLines } from '../../report/graph-text.ts';
import type { Paint } from '../../term/color.ts';
import type { Context } from '../context.ts';
import { readDag } from '../read-dag.ts';
import { usageError } from '../usage.ts';

type Draw = (documents: readonly [Dag, ...Dag[]], paint: Paint) => readonly string[];

const FORMATS: ReadonlyMap<string, Draw> = new Map<string, Draw>([
  ['text', graphLines],
  ['mermaid', ([dag]) => mermaidLines(dag)],
  ['dot', ([dag]) => dotLines(dag)],
  ['json', (documents) => [JSON.stringify(graphJson(documents), null, 2)]],
]);

/** `flow graph DAG` @throws FlowError (exit 2) for an unknown format or a bad file */
export async function graph(
  context: Context,
  argument: string,
  flags: { readonly format: string },
): Promise<ExitCode> {
  const draw = FORMATS.get(flags.format);
  if (draw === undefined) {
    const known = [...FORMATS.keys()];
    const hint = didYouMean(flags.format, known) ?? `one of ${known.join(', ')}`;
    throw usageError(`--format: no format "${flags.format}"`, hint);
  }
  const { dag, documents } = await readDag(context, argument, { warnings: false });
  const lines = draw([dag, ...documents.slice(1)], context.paintOut);
  context.out.write(`${lines.join('\n')}\n`);
  return EXIT.ok;
}
