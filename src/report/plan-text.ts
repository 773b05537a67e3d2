import type { BoundParam, Dag, Foreach } from '../core/dag.ts';
import { paramsJson } from '../core/params.ts';
import type { Decision } from '../core/plan-types.ts';
import type { Scope } from '../core/reference/template.ts';
import type { Paint, Style } from '../term/color.ts';
import { tableLines } from '../term/table.ts';
import { levelsOf } from './levels.ts';
import { actionLine } from './action-text.ts';

const VERDICTS: Readonly<Record<Decision['verdict'], Style>> = {
  keep: 'dim',
  attach: 'running',
  wait: 'waiting',
  run: 'bold',
  drop: 'dim',
};

/** What a resume does with every step, and why (LANGUAGE.md §22.1). */
export function resumePlanLines(decisions: readonly Decision[], paint: Paint): string[] {
  const rows = decisions.map(({ verdict, label, why }) => [
    paint(VERDICTS[verdict], verdict),
    label,
    paint('dim', why),
  ]);
  return tableLines(rows, { indent: '  ' });
}

export interface DryRun {
  readonly dag: Dag;
  readonly params: readonly BoundParam[];
  /** Numbers of the steps that `--only` or `--from` chose; null: all. */
  readonly selected: readonly number[] | null;
}

/**
 * `flow run --dry-run`: the steps in the order they may start, each with what it does as far as that is known; the
 * body of a foreach, which every item goes through, stands below it with an order of its own.
 */
export function dryRunLines({ dag, params, selected }: DryRun, paint: Paint): string[] {
  const scope = knownScope(dag, params);
  const chosen = selected === null ? null : new Set(selected);
  const rows = levelsOf(dag).flatMap((steps, level) =>
    steps.flatMap((step) => {
      const cells = [paint('dim', String(level + 1)), step.label];
      if (chosen !== null && !chosen.has(step.number)) {
        return [[...cells, paint('dim', 'skipped: not selected')]];
      }
      const body = step.action.kind === 'foreach' ? bodyRows(step.action, scope, paint) : [];
      return [[...cells, actionLine(step, scope)], ...body];
    }),
  );
  return [paint('bold', dag.name), ...tableLines(rows, { right: [0], indent: '  ' })];
}

/** A body cannot hold another foreach (§16.1), so this is the only depth. */
function bodyRows(body: Foreach, scope: Scope, paint: Paint): string[][] {
  const levels = levelsOf(body);
  const width = String(levels.length).length;
  return levels.flatMap((some, level) =>
    some.map((step) => {
      const order = paint('dim', String(level + 1).padStart(width));
      return ['', `  ${order}  ${step.label}`, actionLine(step, scope)];
    }),
  );
}

/** Consts and params; everything else is only known while the run runs and stays as it is written. */
function knownScope(dag: Dag, params: readonly BoundParam[]): Scope {
  const values = new Map(params.map((param) => [param.name, param.value]));
  return {
    const: (name) => dag.consts.get(name),
    param: (name) => values.get(name),
    paramsJson: () => paramsJson(params),
    env: () => undefined,
    output: () => undefined,
    context: () => undefined,
  };
}
