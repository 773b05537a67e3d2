import { HANDLER_EVENTS, HANDLER_NAMES, type Dag, type Step } from '../core/dag.ts';
import { stepNote } from './action-text.ts';

/** The DAG as a Mermaid flowchart (`flow graph --format mermaid`). Nodes are named by number, so any label works. */
export function mermaidLines(dag: Dag): string[] {
  const lines = ['flowchart TD'];
  lines.push(...stepLines(dag.steps, 's', '  '));
  for (const event of HANDLER_EVENTS) {
    if (dag.handlers.has(event)) lines.push(`  ${event}(["${HANDLER_NAMES[event]}"])`);
  }
  return lines;
}

/** Nodes, then edges; the body of a foreach is a box that its step leads into. */
function stepLines(steps: readonly Step[], prefix: string, indent: string): string[] {
  const nodes = steps.flatMap(({ number, label, action }) => {
    const node = `${prefix}${number}`;
    const line = `${indent}${node}["${escaped(label)}"]`;
    if (action.kind !== 'foreach') return [line];
    const body = stepLines(action.steps, `${node}_`, `${indent}  `);
    return [
      line,
      `${indent}subgraph ${node}_ ["${escaped(stepNote({ action, approval: null }))}"]`,
      ...body,
      `${indent}end`,
      `${indent}${node} -.-> ${node}_`,
    ];
  });
  const edges = steps.flatMap(({ number, depends }) =>
    depends.map((dependency) => `${indent}${prefix}${dependency} --> ${prefix}${number}`),
  );
  return [...nodes, ...edges];
}

/** Mermaid knows entities by number between `#` and `;`. */
function escaped(text: string): string {
  return text.replace(/[^\p{L}\p{N} _.,:/()-]/gu, (character) => `#${character.codePointAt(0) ?? 0};`);
}
