import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { expandTilde } from '../base/paths.ts';
import { flowError } from '../errors/diagnostic.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { didYouMean } from '../errors/suggest.ts';
import { shownPath } from './shown-path.ts';

/** Where DAG arguments are looked up (LANGUAGE.md §2.4). */
export interface DagPlaces {
  readonly cwd: string;
  /** The DAG folder, absolute. */
  readonly dags: string;
  readonly userHome: string | undefined;
}

/** A DAG file that exists: its absolute path, and the path that messages show. */
export interface DagFile {
  readonly path: string;
  readonly shown: string;
}

/** The file of a DAG argument, or null when there is none. Anything that exists and is no directory counts. */
export function lookUpDag(argument: string, places: DagPlaces): DagFile | null {
  const path = candidates(argument, places).find((candidate) => kindOf(candidate) === 'file');
  return path === undefined ? null : { path, shown: shownPath(path, places.cwd) };
}

/**
 * The file of a DAG argument.
 * @throws FlowError (exit 2, E002) that names the places tried and the nearest DAG of the folder.
 */
export function findDag(argument: string, places: DagPlaces): DagFile {
  const found = lookUpDag(argument, places);
  if (found !== null) return found;
  const tried = candidates(argument, places);
  const directory = tried.find((candidate) => kindOf(candidate) === 'directory');
  if (directory !== undefined) {
    const shown = shownPath(directory, places.cwd);
    const within = dagFiles(directory).map((path) => shownPath(path, places.cwd));
    throw flowError(
      EXIT.usage,
      'E002',
      `DAG "${argument}" not found: ${shown} is a directory, expected a file`,
      within.length === 0 ? undefined : `name ${someOf(within)}`,
    );
  }
  const here = dagsHere(places);
  const beside = dagFiles(dirname(tried[0] ?? '')).map(stem);
  const hint =
    didYouMean(stem(argument), [...here, ...beside]) ??
    (here.length === 0 ? '`flow init` writes a DAG to start from' : `name ${someOf(here)}`);
  const where = tried.map((path) => shownPath(path, places.cwd)).join(', ');
  throw flowError(EXIT.usage, 'E002', `DAG "${argument}" not found: tried ${where}`, hint);
}

/** What to write for the DAGs that a person at this place can run: those of the DAG folder, then those beside. */
export function dagsHere({ cwd, dags }: Pick<DagPlaces, 'cwd' | 'dags'>): string[] {
  return [...new Set([...dagFiles(dags), ...dagFiles(cwd).filter(hasSteps)].map(stem))];
}

/** Besides DAGs, all kinds of YAML files lie around; one that cannot be read is none of them. */
function hasSteps(path: string): boolean {
  try {
    return statSync(path).isFile() && /^steps\s*:/m.test(readFileSync(path, 'utf8'));
  } catch {
    return false;
  }
}

/** `one of etl, hello, …` for a hint. */
export function someOf(names: readonly string[]): string {
  const some = names.slice(0, 8).join(', ');
  return `${names.length === 1 ? '' : 'one of '}${some}${names.length > 8 ? ', …' : ''}`;
}

/**
 * Whether a sub-DAG is found: a file relative to the directory of the DAG file, else a name in the DAG folder
 * (LANGUAGE.md §17). If not, the places that were tried.
 */
export function subDagExists(dagFile: string, target: string, places: DagPlaces): true | readonly string[] {
  const found = findSubDag(dagFile, target, places);
  return 'tried' in found ? found.tried : true;
}

/** The file of a sub-DAG, or the places that were tried. */
export function findSubDag(
  dagFile: string,
  target: string,
  places: DagPlaces,
): DagFile | { readonly tried: readonly string[] } {
  const beside = { ...places, cwd: dirname(dagFile) };
  return (
    lookUpDag(target, beside) ?? {
      tried: candidates(target, beside).map((path) => shownPath(path, places.cwd)),
    }
  );
}

/** The `*.yaml` and `*.yml` files directly in a directory, absolute and sorted; none when it cannot be read. */
export function dagFiles(directory: string): string[] {
  let names: string[];
  try {
    names = readdirSync(directory);
  } catch {
    return [];
  }
  return names
    .filter((name) => /\.ya?ml$/.test(name) && name !== 'flow.config.yaml')
    .sort()
    .map((name) => join(directory, name));
}

/** The name a DAG has when its file gives none (LANGUAGE.md §2.3). */
export function stem(path: string): string {
  const name = basename(path);
  return /\.ya?ml$/.test(name) ? name.slice(0, -extname(name).length) : name;
}

function candidates(argument: string, { cwd, dags, userHome }: DagPlaces): string[] {
  const here = resolve(cwd, expandTilde(argument, userHome));
  const bases = [...new Set([here, resolve(dags, argument)])];
  return bases.flatMap((base) => (extname(base) === '' ? [base, `${base}.yaml`, `${base}.yml`] : [base]));
}

function kindOf(path: string): 'file' | 'directory' | null {
  try {
    return statSync(path).isDirectory() ? 'directory' : 'file';
  } catch {
    return null;
  }
}
