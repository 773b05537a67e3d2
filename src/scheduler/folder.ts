import type { Dag } from '../core/dag.ts';
import type { DefinitionRecord } from '../core/records.ts';
import type { Scheduling } from '../core/schedule.ts';
import { FlowError } from '../errors/diagnostic.ts';
import type { DagEntry, DagFolder, FileProblem, LoadedDag } from './types.ts';

/** What the watched folder needs of the file system and of the language. */
export interface FolderInput {
  /** The DAG files, absolute, in order. */
  list(): readonly string[];
  /**
   * What tells one content of a file from another, and whether it has just been written: somebody may be at it still.
   * Null: there is nothing.
   */
  stamp(path: string): { readonly stamp: string; readonly isFresh: boolean } | null;
  /** @throws FlowError with everything that is wrong. */
  read(path: string): Promise<LoadedDag>;
  /** The DAG again, from its source as it was read. @throws FlowError */
  parse(path: string, definition: DefinitionRecord): Promise<Dag>;
  /** Files that a DAG is made of besides its own. */
  others(path: string, definition: DefinitionRecord): readonly string[];
  /** Looks again soon: a file was too fresh to be read. */
  again(): void;
}

/** A file as it was last read. */
interface Known {
  /** Of the file and of all that it is made of. */
  stamp: string;
  others: readonly string[];
  /** The last version that was valid: its text, not its tree, so that thousands of DAGs stay small. */
  good: Good | null;
  /** What is wrong with the present one. */
  message: string | null;
  /** It was not there at the last scan: it may be in the middle of being replaced. */
  isMissing: boolean;
}

interface Good {
  readonly name: string;
  readonly scheduling: Scheduling;
  readonly definition: DefinitionRecord;
}

/** So many files are read before others get their turn. */
const SLICE = 20;

/**
 * Follows the files of the DAG folder: only what changed is read again, a broken file keeps its last valid version,
 * and no file touches another (RELIABILITY.md G15, L5).
 */
export class WatchedFolder implements DagFolder {
  readonly #in: FolderInput;
  readonly #files = new Map<string, Known>();
  dags: ReadonlyMap<string, DagEntry> = new Map();
  problems: readonly FileProblem[] = [];
  unread: ReadonlySet<string> = new Set();

  constructor(input: FolderInput) {
    this.#in = input;
  }

  async scan(): Promise<boolean> {
    const paths = this.#in.list();
    let changed = this.#forget(new Set(paths));
    let read = 0;
    for (const path of paths) {
      if (!(await this.#look(path))) continue;
      changed = true;
      if (++read % SLICE === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    this.unread = new Set(paths.filter((path) => !this.#files.has(path)));
    if (changed) this.#describe();
    return changed;
  }

  /** What is gone in two scans in a row is gone: editors replace files. */
  #forget(there: ReadonlySet<string>): boolean {
    let changed = false;
    for (const [path, known] of this.#files) {
      if (there.has(path)) continue;
      if (known.isMissing) changed = this.#files.delete(path) || changed;
      else {
        known.isMissing = true;
        this.#in.again();
      }
    }
    return changed;
  }

  /** Reads a file if it is another than before. */
  async #look(path: string): Promise<boolean> {
    const known = this.#files.get(path);
    if (known !== undefined) known.isMissing = false;
    const now = this.#stampOf(path, known?.others ?? []);
    if (now === null || now.stamp === known?.stamp) return false;
    // What is half written may read like a shorter DAG.
    if (now.isFresh) {
      this.#in.again();
      return false;
    }
    const file = known ?? { stamp: '', others: [], good: null, message: null, isMissing: false };
    this.#files.set(path, file);
    try {
      const { dag, definition } = await this.#in.read(path);
      file.others = this.#in.others(path, definition);
      file.good = { name: dag.name, scheduling: schedulingOf(dag), definition };
      file.message = null;
    } catch (error) {
      if (!(error instanceof FlowError)) throw error;
      const [first] = error.diagnostics;
      file.message = first === undefined ? error.message : `${first.code}: ${first.message}`;
    }
    file.stamp = this.#stampOf(path, file.others)?.stamp ?? '';
    return true;
  }

  #stampOf(path: string, others: readonly string[]): { stamp: string; isFresh: boolean } | null {
    const own = this.#in.stamp(path);
    if (own === null) return null;
    const all = [own, ...others.map((other) => this.#in.stamp(other))];
    return {
      stamp: all.map((one) => one?.stamp ?? '-').join(' '),
      isFresh: all.some((one) => one?.isFresh === true),
    };
  }

  async #load(path: string, { definition }: Good): Promise<LoadedDag> {
    return { dag: await this.#in.parse(path, definition), definition };
  }

  #describe(): void {
    const byName = new Map<string, string[]>();
    for (const [path, { good }] of this.#files) {
      if (good !== null) byName.set(good.name, [...(byName.get(good.name) ?? []), path]);
    }
    const dags = new Map<string, DagEntry>();
    const problems: FileProblem[] = [];
    for (const [file, { message, good }] of this.#files) {
      if (message !== null) problems.push({ file, message, keepsOlder: good !== null });
    }
    for (const [name, [file = '', ...more]] of byName) {
      const good = this.#files.get(file)?.good ?? null;
      if (more.length === 0 && good !== null) {
        dags.set(name, { name, file, scheduling: good.scheduling, load: () => this.#load(file, good) });
        continue;
      }
      for (const path of [file, ...more]) {
        const others = [file, ...more].filter((one) => one !== path).join(', ');
        const message = `E805: DAG name "${name}" stands in ${others} too: none of them is scheduled`;
        problems.push({ file: path, message, keepsOlder: false });
      }
    }
    this.dags = dags;
    this.problems = problems;
  }
}

/** Without the rest of the DAG, which would stay in memory with it. */
function schedulingOf(dag: Scheduling): Scheduling {
  const { schedule, jitterSec, catchupWindowMs, overlapPolicy, skipIfSuccessful } = dag;
  const { restartWaitSec, queue, maxActiveRuns, retention } = dag;
  return {
    ...{ schedule, jitterSec, catchupWindowMs, overlapPolicy, skipIfSuccessful },
    ...{ restartWaitSec, queue, maxActiveRuns, retention },
  };
}
