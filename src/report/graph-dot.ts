import { HANDLER_EVENTS, HANDLER_NAMES, type Dag, type Step } from '../core/dag.ts';
import { stepNote } from './action-text.ts';

/**
 * The DAG for Graphviz (`flow graph --format dot`), in its DOT language. Nodes are named by number, so any label
 * works; the body of a foreach is a box of its own.
 */
export function dotLines(dag: Dag): string[] {
  return [
    `digraph ${quoted(dag.name)} {`,
    '  node [shape=box];',
    ...dag.steps.flatMap((step) => nodeLines(step, '', '  ')),
    ...edgeLines(dag.steps, '', '  '),
    ...HANDLER_EVENTS.filter((event) => dag.handlers.has(event)).map(
      (event) => `  ${event} [label=${quoted(HANDLER_NAMES[event])}, shape=ellipse];`,
    ),
    '}',
  ];
}

function nodeLines(step: Step, prefix: string, indent: string): string[] {
  const node = `${prefix}s${step.number}`;
  const note = stepNote(step);
  const line = `${node} [label=${quoted(note === '' ? step.label : `${step.label}\n${note}`)}];`;
  const { action } = step;
  if (action.kind !== 'foreach') return [`${indent}${line}`];
  const within = `${indent}  `;
  const first = action.steps.filter(({ depends }) => depends.length === 0);
  return [
    `${indent}subgraph cluster_${node} {`,
    `${within}${line}`,
    ...action.steps.flatMap((one) => nodeLines(one, `${node}_`, within)),
    ...first.map(({ number }) => `${within}${node} -> ${node}_s${number} [style=dashed];`),
    ...edgeLines(action.steps, `${node}_`, within),
    `${indent}}`,
  ];
}

function edgeLines(steps: readonly Step[], prefix: string, indent: string): string[] {
  return steps.flatMap(({ number, depends }) =>
    depends.map((dependency) => `${indent}${prefix}s${dependency} -> ${prefix}s${number};`),
  );
}

/** A label: besides quotes, Graphviz knows escapes as `\N` and entities as `&amp;` in it. */
function quoted(text: string): string {
  const escaped = text
    .replaceAll('&', '&amp;')
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll(/\r?\n/g, '\\n')
    .replaceAll(/\p{Cc}/gu, ' ');
  return `"${escaped}"`;
}
