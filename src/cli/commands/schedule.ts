import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseInstant } from '../../base/instant.ts';
import type { Dag } from '../../core/dag.ts';
import { scheduleTicks } from '../../core/schedule.ts';
import { FlowError, flowError, type Diagnostic } from '../../errors/diagnostic.ts';
import { EXIT, type ExitCode } from '../../errors/exit-codes.ts';
import { renderDiagnostics } from '../../errors/render.ts';
import { loadDag } from '../../language/load.ts';
import { scheduleJson, scheduleLines, type DagTick } from '../../report/schedule-text.ts';
import { aroundOf, defaultZone } from '../../machine/around.ts';
import type { Context } from '../context.ts';
import { dagFiles, findDag, type DagFile } from '../../machine/dag-argument.ts';
import { shownPath } from '../../machine/shown-path.ts';
import { readBeside } from '../../machine/read-dag.ts';
import { usageError, wholeNumber } from '../usage.ts';
import { readRegularFile } from '../../machine/regular-file.ts';

export interface ScheduleFlags {
  readonly next: string;
  readonly from?: string;
  readonly json?: boolean;
}

/** `flow schedule DAG|DIR`: a broken file does not hide the ticks of the others, but exits 2. */
export function schedule(context: Context, argument: string, flags: ScheduleFlags): ExitCode {
  const count = wholeNumber('--next', flags.next, 1);
  const zone = defaultZone(context);
  const from = flags.from === undefined ? context.clock.wall() : parseFrom(flags.from, zone);
  const { dags, problems } = readAll(context, filesOf(context, argument));
  const ticks = nextTicks(dags, zone, from, count);
  if (problems.length > 0) context.err.write(renderDiagnostics(problems, { color: context.paintErr }));
  if (flags.json === true) {
    context.out.write(`${JSON.stringify(scheduleJson(ticks), null, 2)}\n`);
  } else if (ticks.length > 0) {
    context.out.write(`${scheduleLines(ticks, context.paintOut).join('\n')}\n`);
  } else if (dags.length > 0) {
    const scheduled = dags.some((dag) => dag.schedule !== null);
    const what = dags.length === 1 ? (dags[0]?.name ?? '') : `no DAG in ${argument}`;
    const has = dags.length === 1 ? 'has no schedule' : 'has a schedule';
    context.err.write(scheduled ? `no tick is left\n` : `${what} ${has}\n`);
  }
  return problems.length > 0 ? EXIT.usage : EXIT.ok;
}

function parseFrom(text: string, zone: string): number {
  const instant = parseInstant(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text} 00:00` : text, zone);
  if (instant !== null && instant >= 0) return instant;
  const shape = 'RFC 3339 or YYYY-MM-DD [HH:MM[:SS]], from 1970 on';
  throw usageError(`--from must be a time in ${shape}, got "${text}"`);
}

/** A directory stands for the DAG files directly in it. */
function filesOf(context: Context, argument: string): DagFile[] {
  const path = resolve(context.cwd, argument);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return [findDag(argument, context)];
  const files = dagFiles(path).map((file) => ({ path: file, shown: shownPath(file, context.cwd) }));
  if (files.length > 0) return files;
  throw flowError(EXIT.usage, 'E002', `no *.yaml or *.yml file in ${argument}`);
}

/** The DAGs that can be scheduled, and what is wrong with the others: errors of their files, and E805. */
function readAll(context: Context, files: readonly DagFile[]): { dags: Dag[]; problems: Diagnostic[] } {
  const problems: Diagnostic[] = [];
  const byName = new Map<string, { dag: Dag; file: string }[]>();
  for (const file of files) {
    const { dag, diagnostics } = loadFile(context, file);
    if (dag === null) problems.push(...diagnostics.filter(({ severity }) => severity === 'error'));
    else byName.set(dag.name, [...(byName.get(dag.name) ?? []), { dag, file: file.shown }]);
  }
  const dags: Dag[] = [];
  for (const [name, found] of byName) {
    const [first] = found;
    if (found.length > 1)
      problems.push(
        twice(
          name,
          found.map(({ file }) => file),
        ),
      );
    else if (first !== undefined) dags.push(first.dag);
  }
  return { dags, problems };
}

function loadFile(
  context: Context,
  { path, shown }: DagFile,
): { dag: Dag | null; diagnostics: readonly Diagnostic[] } {
  try {
    const bytes = readRegularFile(path, 'E002', shown);
    return loadDag({
      ...{ file: shown, bytes, unresolved: context.config.unresolved, around: aroundOf(context) },
      readFile: (named) => readBeside(path, named),
    });
  } catch (error) {
    if (error instanceof FlowError) return { dag: null, diagnostics: error.diagnostics };
    throw error;
  }
}

function twice(name: string, files: readonly string[]): Diagnostic {
  const message = `DAG name "${name}" stands in ${files.join(' and ')}: none of them is scheduled`;
  return { code: 'E805', severity: 'error', message, hint: 'give each DAG a name of its own' };
}

/** The first ticks of all DAGs together, from an instant on; equal instants in the order of the names. */
function nextTicks(dags: readonly Dag[], zone: string, from: number, count: number): DagTick[] {
  const ticks = dags.flatMap((dag) =>
    first(scheduleTicks(dag.schedule ?? [], zone, from - 1), count).map((tick) => ({ dag, tick })),
  );
  const order = (a: DagTick, b: DagTick): number =>
    a.tick.at - b.tick.at || Number(a.dag.name > b.dag.name) - Number(a.dag.name < b.dag.name);
  return ticks.sort(order).slice(0, count);
}

function first<T>(all: Iterable<T>, count: number): T[] {
  const found: T[] = [];
  for (const one of all) if (found.push(one) === count) break;
  return found;
}
