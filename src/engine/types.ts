import type { ActionEnd, ActionIo } from '../actions/action.ts';
import type { ActionWork } from '../actions/perform.ts';
import type { Clock } from '../base/clock.ts';
import type { RandomBytes } from '../base/ids.ts';
import type { FlowHome, RunFolders } from '../base/paths.ts';
import type { BoundParam, Dag } from '../core/dag.ts';
import type { EventOf } from '../core/events.ts';
import type { Observer } from '../core/observer.ts';
import type { ResumePlan } from '../core/resume.ts';
import type {
  CompiledDag,
  DefinitionRecord,
  Owner,
  ParentStep,
  RunRecord,
  Snapshot,
  Trigger,
} from '../core/records.ts';
import type { CommandResult, CommandSpec } from '../process/command.ts';
import type { Processes, Tail } from '../process/processes.ts';
import type { PlanWarning } from '../core/update.ts';
import type { Store } from '../store/store.ts';
import type { Places } from './places.ts';

/** Everything outside that an execution touches; production and the simulator each bring their own. */
export interface EngineDeps {
  readonly store: Store;
  readonly processes: Processes;
  readonly commands: Commands;
  /** Actions that run inside flow; the network is behind it. */
  readonly perform: (work: ActionWork, io: ActionIo) => Promise<ActionEnd>;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly home: FlowHome;
  readonly files: RunFiles;
  /** This process, whose lock is held. */
  readonly owner: Owner;
  /** True when the owner's process lives or its lock is held. */
  isOwnerAlive(owner: Owner): boolean;
  /** The environment that steps inherit (LANGUAGE.md §7.2, layer 1). */
  readonly environment: Readonly<Record<string, string>>;
  /** Shell of steps when neither step nor root names one (LANGUAGE.md §6.2). */
  readonly defaultShell: string;
  /** Bytes that are kept of each log of a try, first and last half (LANGUAGE.md §26, RELIABILITY.md F1). */
  readonly maxLogSize: number;
  /** Zone of the configuration (LANGUAGE.md §20.3); null: none is set. */
  readonly timeZone: string | null;
  /** Requests of steps to private addresses are refused (RELIABILITY.md I16). */
  readonly denyPrivate: boolean;
  readonly observer: Observer;
  readonly subDags: SubDags;
  readonly runs: RunVerbs;
}

/** How runs are driven; child runs go the same way as the runs they lie in. */
export interface RunVerbs {
  start(
    deps: EngineDeps,
    request: RunRequest,
    options: RunOptions,
    begun: (execution: Execution) => void,
  ): Promise<Execution>;
  resume(
    deps: EngineDeps,
    before: Snapshot,
    dag: Dag,
    options: ResumeOptions,
    watch: ResumeWatch,
  ): Promise<Execution>;
  /** Ends child runs that no living process owns. */
  stopChildren(
    deps: EngineDeps,
    snapshot: Snapshot,
    which: WhichChildren,
    options: RunOptions,
  ): Promise<void>;
}

export interface WhichChildren {
  /** Those of these steps; null: of all steps. */
  readonly of: readonly number[] | null;
  /** Also those that wait for a person. */
  readonly waiting: boolean;
  readonly kill: boolean;
}

export interface PlanOptions {
  /** Place in the file of the step of `--from`, from 0; null without it. */
  readonly from: number | null;
  /** With `--updated`. */
  readonly edited: EditedFile | null;
  /** What is to be said of the plan and can only be known outside of it. */
  readonly warnings: readonly PlanWarning[];
}

export interface ResumeOptions extends RunOptions, PlanOptions {
  /** An answer of a person that is recorded with the claim, in one commit (T7 and T9). */
  readonly answer?: EventOf<'task.completed'>;
  /** The daemon goes on with the run by itself: from its queue, or after a crash (RELIABILITY.md R7). */
  readonly automatic?: 'queue' | 'recovery';
}

export interface ResumeWatch {
  /** Before anything of the new attempt starts. */
  planned(plan: ResumePlan): void;
  /** An execution that signals concern from now on: the end of an interrupted stop, then the new attempt. */
  begun(execution: Execution): void;
}

/** Where the DAGs of child runs come from (LANGUAGE.md §17). */
export interface SubDags {
  /**
   * The DAG that a run means by `target`: a later document of its file, else a file beside its own, else one of the
   * DAG folder. R710: there is none; R711: it is not valid.
   */
  find(
    run: RunRecord,
    target: string,
  ): Promise<FoundDag | { readonly code: string; readonly message: string }>;
  /** The DAG of a run as it is stored with it. */
  stored(snapshot: Snapshot): Promise<Dag>;
}

export interface FoundDag {
  readonly dag: Dag;
  readonly definition: DefinitionRecord;
  /** Absolute. */
  readonly file: string;
  readonly document: number;
}

/** Short commands of conditions, of `eval` and of secrets. */
export interface Commands {
  /** Never rejects for what the command does. */
  run(spec: CommandSpec): Promise<CommandResult>;
}

/** The file system of a run. Paths come from `FlowHome` and `RunPaths`. */
export interface RunFiles {
  /**
   * Makes the folders that a DAG names for logs and artifacts, before the run is recorded.
   * @throws FlowError (exit 70) when the run's own directory cannot be made there.
   */
  openRun(run: RunFolders): void;
  /** Makes logs, scratch and artifacts of a run: 0700. */
  makeRun(run: RunFolders): void;
  /** Deletes all files of a run; throws what keeps one of them. */
  removeRun(run: RunFolders): void;
  /** Makes the directory of a try, 0700; what is there already stays. */
  makeTry(dir: string): void;
  /** Creates a private file (0600) that must not exist. */
  create(path: string, content: Uint8Array | string): void;
  /** Appends to a private file of flow's own, which is made where it is missing. */
  append(path: string, bytes: Uint8Array | string): void;
  /** The bytes of a file up to `limit + 1`, so that the caller sees when there is more; null if it is not there. */
  read(path: string, limit: number): Uint8Array | null;
  /** Replaces the content of a private file at once. */
  replace(path: string, bytes: Uint8Array): void;
  /** Keeps the first and the last half of `most` bytes of a larger log; the bytes left out, null if it is not larger. */
  trimLog(path: string, most: number): number | null;
  /** Removes a file, or a directory with all that is in it; what is not there is no error. */
  remove(path: string): void;
  /** Makes a file that the author names, with the directories above it; the reason when that cannot be. */
  openForAuthor(path: string): string | null;
  appendForAuthor(path: string, bytes: Uint8Array | string): void;
  /** `directory`, `other`, or null when there is nothing. */
  kind(path: string): 'directory' | 'other' | null;
  /** Bytes of a regular file; null when there is none. */
  size(path: string): number | null;
  /** `after`: bytes at the beginning that are left out. */
  tail(path: string, after?: number): Tail;
}

export interface RunRequest {
  readonly id: string;
  readonly dag: Dag;
  readonly definition: DefinitionRecord;
  /** Made when the run is recorded; null or not there: nothing is kept. */
  readonly compiled?: () => CompiledDag | null;
  /** Absolute path of the DAG file. */
  readonly file: string;
  readonly params: readonly BoundParam[];
  readonly labels: Readonly<Record<string, string>>;
  readonly trigger: Trigger;
  /** The tick that it is started for, and when it may start at the earliest; by default none. */
  readonly scheduledAt?: number | null;
  readonly dueAt?: number | null;
  /** Which document of the definition it is, from 0. */
  readonly document: number;
  /** For a child run: the step that starts it, and the outermost run. */
  readonly parent: ParentStep | null;
  readonly root: RunRecord['root'];
  readonly queue: string | null;
  readonly logDir: string | null;
  readonly artifactsDir: RunRecord['artifactsDir'];
  readonly unresolved: 'strict' | 'keep';
  /** Numbers of the steps chosen by `--only` or `--from`; null: all. */
  readonly selected: readonly number[] | null;
  /** Results of an earlier run to take over (`flow rerun --from`). */
  readonly reuse: { readonly from: Snapshot; readonly steps: readonly ReusedStep[] } | null;
}

/** The file as it is now, as `--updated` takes it (LANGUAGE.md §22.3). */
export interface EditedFile {
  /** As loaded: with the numbers of a fresh run. */
  readonly dag: Dag;
  readonly definition: DefinitionRecord;
  /** The stored params by the new declarations. */
  readonly params: readonly BoundParam[];
}

/** A step of a new run, and the one of the earlier run whose result it takes. */
export interface ReusedStep {
  readonly step: number;
  readonly was: number;
}

export interface RunOptions {
  /** For the steps of this run and of its child runs. */
  readonly places: Places;
  readonly onFailure: 'continue' | 'drain' | 'kill';
  /** The next attempt of a root `retry_policy` goes through the queue of the daemon (LANGUAGE.md §13.4). */
  readonly queueRetries?: true;
}

/** A run in progress in this process. */
export interface Execution {
  readonly run: string;
  /**
   * The run as it ended. Rejects with a FlowError of exit 70 when storage fails, with `Fenced` when another
   * process took the run over.
   */
  readonly ended: Promise<Snapshot>;
  /** True once it was stopped, by `stop` or by a request. */
  readonly stopAsked: boolean;
  /** First call: the stop sequence and the handlers; second: kill, no handlers; third: leave at once. */
  stop(reason: string): void;
  /** Stops it, with `force` as a second signal; the same again changes nothing. */
  request(reason: string, force: boolean): void;
  /** Leaves at once: the run is interrupted, its steps go on (`ended` rejects with `Left`). */
  leave(): void;
  /** The same once the journal says that it was left in good order, not by a death (RELIABILITY.md R7). */
  handOver(): void;
}
