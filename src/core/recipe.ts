import type { Dag, OutputEntry, Step, StepAction } from './dag.ts';
import { deepParts, parseTemplate } from './reference/parse.ts';
import type { TemplateClass } from './reference/template.ts';

/**
 * What a step does, as text: its fields after aliases, `defaults` and consts, before params and outputs are inserted
 * (LANGUAGE.md §22.3). When and how often it runs is no part of it: policies, limits of time and of concurrency,
 * `depends`, conditions, names. By field of the file; a field that is not set is not there.
 */
export type Recipe = ReadonlyMap<string, string>;

type Around = Pick<Dag, 'consts' | 'shell'>;

export function recipeOf(dag: Around, step: Step): Recipe {
  const recipe = new Map<string, string>();
  const add = (field: string, value: unknown, cls: TemplateClass = 'full'): void => {
    const text = canonical(value, dag.consts, cls);
    if (text !== 'null' && text !== '[]') recipe.set(field, text);
  };
  addAction(dag, step.action, add);
  add('env', step.env);
  add('working_dir', step.workingDir);
  add('output', withEntries(step.outputName, step.outputMap, false));
  add('outputs', step.outputs);
  add('stdout', withEntries(step.stdout, step.outputMap, true));
  add('stderr', step.stderr);
  return recipe;
}

/** The fields in which two recipes differ, in the order of LANGUAGE.md §22.3. */
export function changedFields(before: Recipe, now: Recipe): string[] {
  const fields = [...before.keys(), ...[...now.keys()].filter((field) => !before.has(field))];
  return fields.filter((field) => before.get(field) !== now.get(field));
}

type Add = (field: string, value: unknown, cls?: TemplateClass) => void;

function addAction(dag: Around, action: StepAction, add: Add): void {
  switch (action.kind) {
    case 'run':
      add('run', action.form === 'commands' ? action.texts : [action.form, action.text], 'ref');
      add('shell', action.shell ?? dag.shell);
      return;
    case 'foreach': {
      const { items, as, key, collect, steps } = action;
      const body = steps.map((step) => ({
        ...{ id: step.id, depends: step.depends },
        recipe: new Literal([...recipeOf(dag, step)]),
      }));
      add('foreach', { items, as, key, collect, steps: body });
      return;
    }
    case 'dag.run':
    case 'dag.enqueue': {
      const { kind, parallel, ...given } = action;
      add('action', kind);
      add('with', given);
      add('parallel', parallel?.items);
      return;
    }
    // Nothing but its output map.
    case 'outputs':
      return;
    default: {
      const { kind, ...given } = action;
      add('action', kind);
      if (Object.keys(given).length > 0) add('with', given);
    }
  }
}

/** Entries of an output map stand in `output`, or in `stdout.outputs` if they are outputs of the run too. */
function withEntries(value: unknown, entries: readonly OutputEntry[], ofRun: boolean): unknown {
  const own = entries.filter((entry) => entry.ofRun === ofRun);
  return own.length === 0 ? value : [value, own];
}

/** Texts that have their consts already. */
class Literal {
  readonly value: unknown;

  constructor(value: unknown) {
    this.value = value;
  }
}

/** The same text for the same value: keys in order, consts inserted. */
function canonical(value: unknown, consts: Dag['consts'], cls: TemplateClass): string {
  const plain = (at: unknown): unknown => {
    if (typeof at === 'string') return insertConsts(at, consts, cls);
    if (at instanceof Literal) return at.value;
    if (Array.isArray(at)) return at.map(plain);
    if (at === undefined || at === null || typeof at !== 'object') return at ?? null;
    const entries: [string, unknown][] =
      at instanceof Map ? [...(at as ReadonlyMap<string, unknown>)] : Object.entries(at);
    const sorted = entries.filter(([, item]) => item !== undefined).sort(([a], [b]) => (a < b ? -1 : 1));
    return { entries: sorted.map(([key, item]) => [key, plain(item)]) };
  };
  return JSON.stringify(plain(value));
}

/** A text with the values of its consts in place. */
export function insertConsts(text: string, consts: Dag['consts'], cls: TemplateClass): string {
  if (!text.includes('consts')) return text;
  let result = '';
  let at = 0;
  for (const part of deepParts(parseTemplate(text, cls))) {
    const value =
      part.kind === 'reference' && part.namespace === 'consts' ? consts.get(part.path.join('.')) : null;
    if (typeof value !== 'string') continue;
    result += text.slice(at, part.start) + value;
    at = part.end;
  }
  return result + text.slice(at);
}
