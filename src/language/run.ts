import type { ShellSpec, StepAction } from '../core/dag.ts';
import { check } from './check.ts';
import { field, fields, isLeafPlace, items, keyAt } from './place.ts';
import type { Place } from './place.ts';
import { quote, report } from './report.ts';
import type { Report } from './report.ts';
import { RUN_WITH } from './step-fields.ts';
import { plain, typeName } from './tree.ts';
import type { Leaf } from './tree.ts';
import { notYet } from './unsupported.ts';

type RunAction = Extract<StepAction, { kind: 'run' }>;

/** Reads the value of `run`, `command` or `script` (LANGUAGE.md §6.1): E301, E108. */
export function readRun(
  into: Report,
  place: Place,
  script: boolean,
  shell: ShellSpec | null,
): RunAction | null {
  if (isLeafPlace(place)) {
    const text = place.node.text;
    if (text.trim() === '') {
      report(into, 'E301', place, 'is empty');
      return null;
    }
    return { kind: 'run', form: script || text.includes('\n') ? 'script' : 'command', text, shell };
  }
  if (place.node.kind === 'list' && !script) return readCommands(into, place, shell);
  const expected = script ? 'text' : 'text or list';
  report(into, 'E108', place, `must be ${expected}, got ${typeName(plain(place.node))}`);
  return null;
}

function readCommands(into: Report, place: Place, shell: ShellSpec | null): RunAction | null {
  const read = items(place).map((item) => readCommand(into, item));
  const texts = read.filter((text) => text !== null && text.trim() !== '');
  if (texts.length > 0) return { kind: 'run', form: 'commands', texts: texts as string[], shell };
  if (!read.includes(null)) report(into, 'E301', place, 'is empty');
  return null;
}

function readCommand(into: Report, item: Place): string | null {
  const text = commandText(item);
  if (text !== null && !text.includes('\n')) return text;
  report(into, 'E301', item, 'must be one line of text');
  return null;
}

/** One entry as text; `echo a: b`, which YAML reads as a map, is put together again. */
function commandText(item: Place): string | null {
  if (isLeafPlace(item)) return item.node.text;
  const [pair, ...more] = fields(item);
  if (pair === undefined || more.length > 0 || !isLeafPlace(pair.value)) return null;
  return `${pair.key}: ${pair.value.node.text}`;
}

/** The texts of `run` as they are executed, to check the references in them. */
export function runTexts(place: Place): Place<Leaf>[] {
  return (place.node.kind === 'list' ? items(place) : [place]).flatMap((item) => {
    const text = commandText(item);
    const node = {
      kind: 'leaf',
      type: 'text',
      text: text ?? '',
      span: item.span,
      dollar: item.node.dollar,
      size: 1,
      height: 0,
    } as const;
    return text === null ? [] : [{ ...item, node }];
  });
}

/** Reads `with` of a run step (§6.2): E302. `rootShell` decides whether the shell is nix-shell. */
export function readRunWith(into: Report, step: Place, rootShell: ShellSpec | null): ShellSpec | null {
  const place = field(step, 'with');
  if (place === null) return null;
  const map = check(into, place, RUN_WITH, 'run');
  if (map === null) return null;
  const shell = field(place, 'shell');
  checkShell(into, shell, map.shell);
  if (map.shell_args !== undefined && shell === null) {
    report(into, 'E302', keyAt(place, 'shell_args'), 'shell_args needs shell');
  }
  if (map.shell_packages !== undefined) checkPackages(into, place, map.shell ?? rootShell?.shell);
  if (map.shell === undefined && map.shell_packages !== undefined && rootShell !== null) {
    return { ...rootShell, packages: map.shell_packages };
  }
  if (map.shell === undefined) return null;
  return { shell: map.shell, args: map.shell_args ?? [], packages: map.shell_packages ?? [] };
}

function checkPackages(into: Report, place: Place, shell: string | readonly string[] | undefined): void {
  const name = shell === undefined ? null : shellName(shell);
  // A shell that only a run can know is checked then (R305).
  if (name === 'nix-shell' || name?.includes('$') === true) return;
  const found = name === null ? 'no shell is named' : `the shell is ${quote(name)}`;
  report(into, 'E302', keyAt(place, 'shell_packages'), `shell_packages needs nix-shell, ${found}`);
}

/** The lower-case base name of a shell without `.exe` (§6.2); null when there is none. */
function shellName(shell: string | readonly string[]): string | null {
  const first = typeof shell === 'string' ? shell.trim().split(/\s+/)[0] : shell[0];
  if (first === undefined || first === '') return null;
  return (first.split(/[/\\]/).at(-1) ?? first).toLowerCase().replace(/\.exe$/, '');
}

/** Refuses what is no shell (E302) or not supported (E901), and an empty one (E110). */
export function checkShell(
  into: Report,
  place: Place | null,
  shell: string | readonly string[] | undefined,
): void {
  if (place === null || shell === undefined) return;
  const name = shellName(shell);
  if (name === null) report(into, 'E110', place, `invalid shell ${quote('')}, it needs a program`);
  else if (name === 'direct') {
    report(into, 'E302', place, '"direct" is not a shell', {
      hint: 'use "action: exec" to start a program directly',
    });
  } else if (name === 'cmd' || name === 'powershell') report(into, 'E901', place, notYet(name).text);
}
