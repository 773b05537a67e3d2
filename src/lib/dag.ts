import { fileURLToPath } from 'node:url';
import type { Dag as InnerDag, Step } from '../core/dag.ts';
import { findDag } from '../machine/dag-argument.ts';
import { readDagFile, type LoadedDag } from '../machine/read-dag.ts';
import type { DagSetup } from '../machine/setup.ts';
import { Misuse, publicDiagnostic } from './publish.ts';
import type { Dag, DagStep } from './types.ts';

/** What a description was made of: a program gets the description only, so that it cannot change what runs. */
const sources = new WeakMap<Dag, LoadedDag>();

/** @throws FlowError (exit 2) with everything that is wrong with the file */
export async function describe(setup: DagSetup, file: string | URL): Promise<Dag> {
  const loaded = await readDagFile(setup, findDag(pathOf(file), setup), {});
  const { dag, warnings } = loaded;
  const described: Dag = deepFrozen({
    name: dag.name,
    file: loaded.file.path,
    description: dag.description,
    labels: Object.fromEntries(dag.labels),
    params:
      dag.params?.map(({ name, type, default: standard, required, description }) => ({
        ...{ name, type, required, description },
        default: standard,
      })) ?? null,
    steps: dag.steps.map((step) => describeStep(dag, step)),
    warnings: warnings.map(publicDiagnostic),
  });
  sources.set(described, loaded);
  return described;
}

/** What `loadDag` described; for a file what is in it now. @throws FlowError (exit 2), Misuse */
export async function loadedOf(setup: DagSetup, dag: Dag | string | URL): Promise<LoadedDag> {
  return sourceOf(isFile(dag) ? await describe(setup, dag) : dag);
}

/** @throws Misuse for anything that `loadDag` did not return */
export function sourceOf(dag: Dag): LoadedDag {
  const loaded = sources.get(dag);
  if (loaded === undefined) throw new Misuse('the DAG must be a path, or what loadDag returned');
  return loaded;
}

function isFile(dag: Dag | string | URL): dag is string | URL {
  return typeof dag === 'string' || dag instanceof URL;
}

function pathOf(file: string | URL): string {
  if (file instanceof URL) return fileURLToPath(file);
  if (typeof file !== 'string') throw new Misuse('the file must be a path or a file: URL');
  return file;
}

function describeStep(dag: InnerDag, { id, name, description, depends }: Step): DagStep {
  const label = (number: number): string[] =>
    dag.steps.filter((one) => one.number === number).map((one) => one.label);
  return { id, name, description, depends: depends.flatMap(label) };
}

function deepFrozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const one of Object.values(value)) deepFrozen(one);
  return Object.freeze(value);
}
