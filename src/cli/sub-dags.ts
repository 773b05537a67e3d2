import { existsSync, statSync } from 'node:fs';
import { dirname, extname, join, resolve } from 'node:path';
import type { RunRecord } from '../core/records.ts';
import type { FoundDag, SubDags } from '../engine/types.ts';
import { FlowError } from '../errors/diagnostic.ts';
import type { Context } from './context.ts';
import { readDagFile, storedDag, storedDocuments } from './read-dag.ts';
import type { ReadStore } from './read-store.ts';

/** Where the DAGs of child runs come from (LANGUAGE.md §17). */
export function subDags(context: Context, store: ReadStore): SubDags {
  return {
    async find(run, target) {
      const { documents, definition } = await storedDocuments(store, run);
      const document = documents.findIndex((dag, i) => i > 0 && dag.name === target);
      const local = documents[document];
      if (local !== undefined) return { dag: local, definition, file: run.file, document };
      const places = subDagPlaces(run.file, context.dags, target);
      const file = places.find(isFile);
      if (file === undefined) {
        const tried = places.join(', ');
        return { code: 'R710', message: `sub-DAG \`${target}\` not found: tried ${tried}` };
      }
      return readChild(context, run, target, file);
    },
    stored: async (snapshot) => (await storedDag(store, snapshot)).dag,
  };
}

/** The paths that a target may mean, besides a document of the file: beside that file, then in the DAG folder. */
export function subDagPlaces(file: string, dags: string, target: string): string[] {
  const bases = [...new Set([resolve(dirname(file), target), join(dags, target)])];
  return bases.flatMap((base) => (extname(base) === '' ? [`${base}.yaml`, `${base}.yml`] : [base]));
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}

function readChild(
  context: Context,
  run: RunRecord,
  target: string,
  file: string,
): FoundDag | { readonly code: string; readonly message: string } {
  try {
    const { dag, definition } = readDagFile(
      context,
      { path: file, shown: file },
      { unresolved: run.unresolved },
    );
    return { dag, definition, file, document: 0 };
  } catch (error) {
    if (!(error instanceof FlowError)) throw error;
    const why = error.diagnostics
      .filter(({ severity }) => severity === 'error')
      .map(({ code, message }) => `${code} ${message}`);
    return { code: 'R711', message: `sub-DAG \`${target}\` is not valid: ${why.join('; ')}` };
  }
}
