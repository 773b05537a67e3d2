import type { FoundDag, SubDags } from '../engine/types.ts';
import { FlowError } from '../errors/diagnostic.ts';
import { baseOf, type ReadBase } from './base-file.ts';
import { findSubDag } from './dag-argument.ts';
import { readDagFile, storedDag, storedDocuments } from './read-dag.ts';
import type { ReadStore } from './read-store.ts';
import type { DagSetup } from './setup.ts';

/** Where the DAGs of child runs come from (LANGUAGE.md §17). */
export function subDags(setup: DagSetup, store: ReadStore): SubDags {
  return {
    async find(run, target) {
      const { documents, definition } = await storedDocuments(store, run);
      const document = documents.findIndex((dag, i) => i > 0 && dag.name === target);
      const local = documents[document];
      if (local !== undefined) return { dag: local, definition, file: run.file, document };
      const file = findSubDag(run.file, target, setup);
      if ('tried' in file) {
        return { code: 'R710', message: `sub-DAG \`${target}\` not found: tried ${file.tried.join(', ')}` };
      }
      return readChild(setup, target, file.path, { unresolved: run.unresolved, under: baseOf(definition) });
    },
    stored: async (snapshot) => (await storedDag(store, snapshot)).dag,
  };
}

async function readChild(
  setup: DagSetup,
  target: string,
  file: string,
  as: { readonly unresolved: 'strict' | 'keep'; readonly under: ReadBase | null },
): Promise<FoundDag | { readonly code: string; readonly message: string }> {
  try {
    const { dag, definition } = await readDagFile(setup, { path: file, shown: file }, as);
    return { dag, definition, file, document: 0 };
  } catch (error) {
    if (!(error instanceof FlowError)) throw error;
    const why = error.diagnostics
      .filter(({ severity }) => severity === 'error')
      .map(({ code, message }) => `${code} ${message}`);
    return { code: 'R711', message: `sub-DAG \`${target}\` is not valid: ${why.join('; ')}` };
  }
}
