import { findStep } from '../core/numbers.ts';
import { HANDLER_EVENTS, HANDLER_NAMES, type Dag } from '../core/dag.ts';
import type { Paint } from '../term/color.ts';
import { tableLines } from '../term/table.ts';
import { levelsOf } from './levels.ts';

/**
 * The DAG as a picture in text (`flow graph`): what stands on one level may run at the same time, the arrow names
 * what a step waits for. Linear also for a 10,000-wide fan-in.
 */
export function graphLines(dag: Dag, paint: Paint): string[] {
  const levels = levelsOf(dag);
  const rows = levels.flatMap((steps, level) =>
    steps.map((step, i) => [
      i === 0 ? paint('dim', String(level + 1)) : '',
      step.label,
      step.depends.length === 0
        ? ''
        : paint('dim', `← ${step.depends.map((n) => labelOf(dag, n)).join(', ')}`),
    ]),
  );
  const handlers = HANDLER_EVENTS.filter((event) => dag.handlers.has(event)).map(
    (event) => HANDLER_NAMES[event],
  );
  return [
    paint('bold', dag.name),
    ...tableLines(rows, { right: [0], indent: '  ' }),
    ...(handlers.length === 0 ? [] : [`  ${paint('dim', 'then')} ${handlers.join(', ')}`]),
  ];
}

function labelOf(dag: Dag, number: number): string {
  return findStep(dag, number)?.label ?? String(number);
}
