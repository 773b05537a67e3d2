import { isValueList, isValueMap, valueToText, type Value } from '../base/value.ts';
import type { Step, StepAction } from '../core/dag.ts';
import type { FlowAction } from '../core/flow-action.ts';
import { expandText } from '../core/reference/expand.ts';
import type { Scope } from '../core/reference/template.ts';
import type { Foreach, Parallel, SubDag } from '../core/step.ts';
import { count, shellWord } from './words.ts';

type Known = (text: string) => string;

/** What a step does, in one line, with the references that are known in `scope` put in; others stay as written. */
export function actionLine(step: Step, scope: Scope): string {
  const known: Known = (text) => expandText(text, 'ref', scope, 'keep').text;
  const action = oneLine(actionText(step.action, known));
  return step.approval === null
    ? action
    : `${action}, then approval: ${oneLine(known(step.approval.prompt))}`;
}

/** What a picture of the DAG says of a step besides its name: items, child runs, questions; else nothing. */
export function stepNote({ action, approval }: Pick<Step, 'action' | 'approval'>): string {
  const isTold = ['foreach', 'dag.run', 'dag.enqueue', 'human.task'].includes(action.kind);
  const told = isTold ? oneLine(actionText(action, (text) => text)) : '';
  return [told, ...(approval === null ? [] : ['then approval'])].filter((part) => part !== '').join(', ');
}

function actionText(action: StepAction, known: Known): string {
  switch (action.kind) {
    case 'run':
      return action.form === 'commands'
        ? action.texts.map(known).map(oneLine).join(' ; ')
        : known(action.text);
    case 'exec':
      return [action.command, ...action.args].map(known).join(' ');
    case 'http.request':
      return `${action.with.method} ${known(action.with.url)}`;
    case 'log.write':
      return `log.write ${known(action.message)}`;
    case 'outputs':
      return 'output';
    case 'noop':
      return 'noop';
    case 'foreach':
      return foreachText(action, known);
    case 'dag.run':
    case 'dag.enqueue':
      return subDagText(action, known);
    case 'human.task':
      return `human.task ${known(action.prompt)}`;
    default:
      return known([action.kind, ...subjects(action)].join(' '));
  }
}

function foreachText(action: Foreach, known: Known): string {
  return `for each ${action.as} of ${itemsText(action, known)}`;
}

/** `dag.run publish to=eu, for each of 2 items, at most 10 at once`. */
function subDagText({ kind, dag, params, parallel }: SubDag, known: Known): string {
  const call = [kind, known(dag), ...paramWords(params).map(known)].join(' ');
  return parallel === null ? call : `${call}, for each of ${itemsText(parallel, known)}`;
}

function itemsText(
  { items, maxConcurrent }: Pick<Parallel, 'items' | 'maxConcurrent'>,
  known: Known,
): string {
  if (typeof items !== 'string' && items.length <= maxConcurrent) return count(items.length, 'item');
  const all = typeof items === 'string' ? known(items) : count(items.length, 'item');
  return `${all}, at most ${maxConcurrent} at once`;
}

/** Params of a child as they are typed on a command line. */
function paramWords(params: Value): string[] {
  if (params === null) return [];
  if (isValueMap(params)) {
    return [...params].map(([name, value]) => `${name}=${wordOf(valueToText(value))}`);
  }
  return isValueList(params) ? params.flatMap(paramWords) : [valueToText(params)];
}

/** References stand without quotes, as long as their values are not known. */
function wordOf(text: string): string {
  return text.includes('${') ? text : shellWord(text);
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
