import { HANDLER_EVENTS, HANDLER_NAMES, type Dag } from '../core/dag.ts';

/** The DAG as a Mermaid flowchart (`flow graph --format mermaid`). Nodes are named by number, so any label works. */
export function mermaidLines(dag: Dag): string[] {
  const lines = ['flowchart TD'];
  for (const step of dag.steps) lines.push(`  s${step.number}["${escaped(step.label)}"]`);
  for (const step of dag.steps) {
    for (const dependency of step.depends) lines.push(`  s${dependency} --> s${step.number}`);
  }
  for (const event of HANDLER_EVENTS) {
    if (dag.handlers.has(event)) lines.push(`  ${event}(["${HANDLER_NAMES[event]}"])`);
  }
  return lines;
}

/** Mermaid knows entities by number between `#` and `;`. */
function escaped(text: string): string {
  return text.replace(/[^\p{L}\p{N} _.,:/()-]/gu, (character) => `#${character.codePointAt(0) ?? 0};`);
}
