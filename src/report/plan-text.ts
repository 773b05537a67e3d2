import type { BoundParam, Dag, Step } from '../core/dag.ts';
import { paramsJson } from '../core/params.ts';
import type { FlowAction } from '../core/flow-action.ts';
import type { Decision } from '../core/plan-types.ts';
import { expandText } from '../core/reference/expand.ts';
import type { Scope } from '../core/reference/template.ts';
import type { Paint, Style } from '../term/color.ts';
import { tableLines } from '../term/table.ts';
import { levelsOf } from './levels.ts';
import { count } from './words.ts';

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

/** `flow run --dry-run`: the steps in the order they may start, each with its command as far as it is known. */
export function dryRunLines({ dag, params, selected }: DryRun, paint: Paint): string[] {
  const scope = knownScope(dag, params);
  const chosen = selected === null ? null : new Set(selected);
  const rows = levelsOf(dag).flatMap((steps, level) =>
    steps.map((step) => [
      paint('dim', String(level + 1)),
      step.label,
      chosen === null || chosen.has(step.number)
        ? commandLine(step, scope)
        : paint('dim', 'skipped: not selected'),
    ]),
  );
  return [paint('bold', dag.name), ...tableLines(rows, { right: [0], indent: '  ' })];
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

function commandLine(step: Step, scope: Scope): string {
  const { action } = step;
  const known = (text: string): string => expandText(text, 'ref', scope, 'keep').text;
  switch (action.kind) {
    case 'run':
      return action.form === 'commands'
        ? action.texts.map(known).map(oneLine).join(' ; ')
        : oneLine(known(action.text));
    case 'exec':
      return oneLine([action.command, ...action.args].map(known).join(' '));
    case 'http.request':
      return oneLine(`${action.with.method} ${known(action.with.url)}`);
    case 'log.write':
      return oneLine(`log.write ${known(action.message)}`);
    case 'outputs':
      return 'output';
    case 'noop':
      return 'noop';
    case 'foreach':
      return `foreach ${count(action.steps.length, 'step')}`;
    case 'dag.run':
    case 'dag.enqueue':
      return oneLine(`${action.kind} ${known(action.dag)}`);
    case 'human.task':
      return oneLine(`human.task ${known(action.prompt)}`);
    default:
      return oneLine(known([action.kind, ...subjects(action)].join(' ')));
  }
}

/** What an action is about, as written. */
function subjects(action: FlowAction): string[] {
  const { path, source, destination, filter, select, url, duration, until } = action as Partial<
    Record<string, string>
  >;
  const texts = [path, source, destination, filter, select, url, duration, until];
  return texts.filter((text) => text !== undefined);
}

/** The first line that says something, with `…` when there is more. */
function oneLine(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const first = lines.find((line) => !line.trim().startsWith('#')) ?? lines[0] ?? '';
  return lines.length > 1 ? `${first.trim()} …` : first.trim();
}
