import { createHash } from 'node:crypto';
import type { Dag } from '../../src/core/dag.ts';
import type { DefinitionRecord, RunRecord } from '../../src/core/records.ts';
import type { SubDags } from '../../src/engine/types.ts';
import { loadDag } from '../../src/language/load.ts';

export const FILE = '/sim/dag.yaml';

/** A DAG file in memory: all of its documents, and how it is stored. */
export interface DagFile {
  readonly documents: readonly Dag[];
  readonly definition: DefinitionRecord;
}

/** As the real loader reads it. @throws when it is not valid: the generator is wrong then */
export function readText(text: string): DagFile {
  const { documents, diagnostics } = loadDag({ file: FILE, bytes: new TextEncoder().encode(text) });
  if (documents.length === 0) {
    throw new Error(`${diagnostics.map(({ code, message }) => `${code} ${message}`).join('; ')}\n${text}`);
  }
  const hash = createHash('sha256').update(text).digest('hex');
  return { documents, definition: { hash, text, files: {}, base: null, flowVersion: 'sim' } };
}

export function subDags({ documents, definition }: DagFile): SubDags {
  const documentOf = ({ document }: RunRecord): Dag => documents[document]!;
  return {
    find(_run, target) {
      const document = documents.findIndex((dag, place) => place > 0 && dag.name === target);
      const dag = documents[document];
      if (dag === undefined) return Promise.resolve({ code: 'R710', message: `no ${target}` });
      return Promise.resolve({ dag, definition, file: FILE, document });
    },
    stored: ({ run }) => Promise.resolve(documentOf(run)),
  };
}
