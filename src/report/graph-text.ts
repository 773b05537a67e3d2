import { HANDLER_EVENTS, HANDLER_NAMES, type Dag, type Step } from '../core/dag.ts';
import { displayWidth, padStart } from '../base/width.ts';
import type { Paint } from '../term/color.ts';
import { stepNote } from './action-text.ts';
import { forksOf, TOP, type Fork } from './forks.ts';
import { levelsOf } from './levels.ts';

/** What fits on every screen; only a name that is longer goes beyond it. */
const WIDTH = 80;
/** Beyond so many branches within branches nobody sees a tree any more. */
const DEEPEST = 10;
const ARROW = '← ';

/**
 * The DAGs of a file as pictures in text (`flow graph`), the one to run first. Ways that part are branches; what
 * stands below them in the column of the fork waits until they have come together. The number says on which level a
 * step is: those of one level may run at the same time. An arrow names what a step waits for where the picture
 * does not show it.
 */
export function graphLines(documents: readonly Dag[], paint: Paint): string[] {
  return documents.flatMap((dag, i) => [...(i === 0 ? [] : ['']), ...dagLines(dag, paint)]);
}

function dagLines(dag: Dag, paint: Paint): string[] {
  const handlers = HANDLER_EVENTS.filter((event) => dag.handlers.has(event)).map(
    (event) => HANDLER_NAMES[event],
  );
  const then = handlers.length === 0 ? [] : [`  ${paint('dim', 'then')} ${handlers.join(', ')}`];
  return [paint('bold', dag.name), ...stepLines(dag.steps, paint), ...then];
}

/** One step of the picture: what stands before its name, and whether what it waits for is seen from there. */
interface Row {
  readonly step: Step;
  readonly lead: string;
  /** Before lines of the same step. */
  readonly below: string;
  readonly plain: boolean;
}

function stepLines(steps: readonly Step[], paint: Paint): string[] {
  const levels = levelsOf({ steps });
  const level = new Map(levels.flatMap((some, i) => some.map((step) => [step.number, i + 1] as const)));
  const labels = new Map(steps.map(({ number, label }) => [number, label] as const));
  const width = String(levels.length).length;
  const rows = treeRows(forksOf(levels)) ?? levels.flat().map(flatRow);
  return rows.flatMap(({ step, lead, below, plain }) => {
    const waits = plain ? [] : step.depends.map((number) => labels.get(number) ?? '');
    const margin = `  ${paint('dim', padStart(String(level.get(step.number) ?? 0), width))}  `;
    const indent = `  ${' '.repeat(width)}  ${paint('dim', below)}`;
    const parts = [...noteWords(step), ...waitWords(waits)];
    const [first = '', ...more] = wrapped(step.label, parts, WIDTH - displayWidth(margin) - lead.length);
    const told = more.map((line) => `${indent}  ${paint('dim', line)}`);
    const said = first.slice(step.label.length);
    const own = `${margin}${paint('dim', lead)}${step.label}${paint('dim', said)}`;
    return [own, ...told, ...bodyLines(step, indent, paint)];
  });
}

/** The steps that every item of a foreach goes through, as a picture of their own below it. */
function bodyLines({ action }: Step, indent: string, paint: Paint): string[] {
  if (action.kind !== 'foreach') return [];
  return stepLines(action.steps, paint).map((line) => `${indent}${line}`);
}

function flatRow(step: Step): Row {
  return { step, lead: '', below: '', plain: step.depends.length === 0 };
}

/** The rows of the tree from top to bottom; null when branches lie too deep within branches. */
function treeRows(forks: ReadonlyMap<number, Fork>): Row[] | null {
  const rows: Row[] = [];
  return follow(TOP, '', 0) ? rows : null;

  /** Adds what follows a step: its branches, each a column further, then the step that joins them, and so on. */
  function follow(number: number, column: string, depth: number): boolean {
    if (depth > DEEPEST) return false;
    let fork = forks.get(number);
    let from = number;
    while (fork !== undefined) {
      const { branches, join } = fork;
      for (const [i, step] of branches.entries()) {
        const isLast = i === branches.length - 1;
        const within = `${column}${isLast ? '   ' : '│  '}`;
        add(step, from, `${column}${isLast ? '└─ ' : '├─ '}`, within);
        if (!follow(step.number, within, depth + 1)) return false;
      }
      if (join === null) return true;
      add(join, from, column, column);
      from = join.number;
      fork = forks.get(from);
    }
    return true;
  }

  function add(step: Step, from: number, lead: string, below: string): void {
    const [first = TOP, ...others] = step.depends;
    rows.push({ step, lead, below, plain: others.length === 0 && first === from });
  }
}

/** `for each arch of 2 items`; nothing for what just runs. */
function noteWords(step: Step): string[] {
  const note = stepNote(step);
  return note === '' ? [] : note.split(' ');
}

function waitWords(labels: readonly string[]): string[] {
  return labels.map((label, i) => `${i === 0 ? ARROW : ''}${label}${i === labels.length - 1 ? '' : ','}`);
}

/** The label with the words behind it, on as many lines as it takes; the later ones stand two columns further in. */
function wrapped(label: string, words: readonly string[], width: number): string[] {
  const lines = [label];
  let gap = '  ';
  for (const word of words) {
    if (word.startsWith(ARROW)) gap = '  ';
    const line = lines.at(-1) ?? '';
    const room = lines.length === 1 ? width : width - 2;
    if (displayWidth(line) + gap.length + displayWidth(word) > room) lines.push(word);
    else lines[lines.length - 1] = `${line}${gap}${word}`;
    gap = ' ';
  }
  return lines;
}
