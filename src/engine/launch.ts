import { join } from 'node:path';
import type { ActionEnd, ActionIo } from '../actions/action.ts';
import { failed, SUCCEEDED } from '../actions/action.ts';
import type { ActionWork } from '../actions/perform.ts';
import type { PipeEnd, ProcessEnd, RunningProcess, StopHow } from '../process/processes.ts';
import { StartError } from '../process/processes.ts';
import { tryFile } from '../process/try-files.ts';
import type { ArtifactSize } from '../core/events.ts';
import { artifactSizes, writesArtifacts } from './artifact-sizes.ts';
import { inFlowOutput } from './in-flow-output.ts';
import { echo } from './echo.ts';
import type { Tails } from './output-pump.ts';
import type { CompositeWork, PreparedTry, Work } from './prepare.ts';
import { needsStreams } from './step-output.ts';
import type { AuthorFiles } from './step-output.ts';
import type { EngineDeps, RunFiles } from './types.ts';

/** How a try ended, with what only its process knows. */
export interface TryEnd extends ActionEnd {
  /** Dead without an exit status, seen by a process that did not start it. */
  readonly lost: boolean;
  /** When lost: the leading entries of a `run` list that were done. */
  readonly entriesDone: number;
  /** It failed before its command began: such a try is not retried (LANGUAGE.md §13.3). */
  readonly neverBegan: boolean;
  /** What the pipe process reports, when there was one. */
  readonly piped: PipeEnd | null;
  /** What became of child runs, where that decides the step (LANGUAGE.md §17). */
  readonly children: ChildVerdict | null;
  /** Only of a try that this process started. */
  readonly artifacts?: readonly ArtifactSize[];
}

export type ChildVerdict =
  /** Some succeeded only in part. */
  | { readonly kind: 'partial' }
  /** A root precondition was not met. */
  | { readonly kind: 'skipped' }
  | { readonly kind: 'waiting' }
  | { readonly kind: 'aborted'; readonly reason: string };

/** `reason`: why the step is stopped, as `sigint` or `timed_out`. */
export type TryStop = StopHow & { readonly reason: string };

/** A try that runs, as a process or inside flow. */
export interface RunningTry {
  /** Never rejects. */
  readonly ended: Promise<TryEnd>;
  /** Pids that a stop cannot end, for which `ended` waits (RELIABILITY.md B15). */
  readonly unkillable?: Promise<readonly number[]>;
  stop(how: TryStop): void;
  /** What shows its logs, where they need not be read. */
  readonly tails?: Tails;
}

/** The end of a try that has no process. Written out, so that all ends have one shape. */
export function withoutProcess(end: ActionEnd, more: Partial<TryEnd> = {}): TryEnd {
  return {
    code: end.code,
    signal: end.signal,
    error: end.error,
    outputs: end.outputs,
    retryAfterMs: end.retryAfterMs,
    lost: more.lost ?? false,
    entriesDone: more.entriesDone ?? 0,
    neverBegan: more.neverBegan ?? false,
    piped: more.piped ?? null,
    children: more.children ?? null,
  };
}

export interface LaunchOptions {
  /** Directories of the step's earlier tries, whose leftovers are ended first (LANGUAGE.md §13.7). */
  readonly earlier: readonly string[];
  /** Entries of a `run` list before this one are done. */
  readonly firstCommand: number;
}

/** Starts a try whose intent is committed. */
export async function launch(
  deps: EngineDeps,
  prepared: PreparedTry,
  work: Exclude<Work, CompositeWork>,
  options: LaunchOptions,
): Promise<RunningTry> {
  const running = await begin(deps, prepared, work, options);
  if (!writesArtifacts(prepared)) return running;
  const ended = running.ended.then((end) => ({ ...end, artifacts: artifactSizes(deps.files, prepared) }));
  return { ...running, ended };
}

async function begin(
  deps: EngineDeps,
  prepared: PreparedTry,
  work: Exclude<Work, CompositeWork>,
  { earlier, firstCommand }: LaunchOptions,
): Promise<RunningTry> {
  const { files } = deps;
  try {
    const left = earlier.length > 0 ? await deps.processes.killLeftovers(earlier) : [];
    if (left.length > 0) {
      return settled(
        failed('R308', `an earlier try left processes that cannot be killed: pid ${left.join(', ')}`),
      );
    }
    if (prepared.needsFiles) files.makeTry(prepared.dir);
    const unopened = openAuthorFiles(files, prepared.output.files);
    if (unopened !== null) return settled(failed('R506', unopened));
    if (work.kind !== 'process') return launchInFlow(deps, prepared, work);
    if (work.script !== null) files.create(join(prepared.dir, 'script'), work.script);
    for (const { path, text } of work.texts) files.append(path, text);
    const { masker, secrets, files: author } = prepared.output;
    return fromProcess(
      await deps.processes.start({
        dir: prepared.dir,
        commands: work.commands,
        firstCommand,
        cwd: prepared.intent.cwd,
        env: prepared.env,
        out: prepared.intent.outLog,
        err: prepared.intent.errLog,
        secrets,
        pipe: { mask: masker !== null, ...author, ...bound(deps, prepared) },
      }),
    );
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    return settled(refusal(error));
  }
}

/** What is captured is read from the whole log, which is trimmed afterwards then. */
function bound({ maxLogSize }: EngineDeps, { step }: PreparedTry): { maxLogSize?: number } {
  return needsStreams(step) ? {} : { maxLogSize };
}

/** A process that this or an earlier owner started. */
export function fromProcess(process: RunningProcess): RunningTry {
  const { unkillable } = process;
  return { ended: process.ended.then(fromExit), unkillable, stop: (how) => process.stop(how) };
}

/** A process that ended while nobody watched. */
export function fromExit(end: ProcessEnd): TryEnd {
  if (end.refused !== undefined) return withoutProcess(refusal(end.refused), { neverBegan: true });
  const { code, signal } = end;
  return withoutProcess(
    { ...SUCCEEDED, code, signal },
    { lost: end.lost === true, piped: end.piped ?? null },
  );
}

function refusal({ code, message, exitCode }: StartError): ActionEnd {
  return failed(code, message, { code: exitCode });
}

function settled(end: ActionEnd): RunningTry {
  return { ended: Promise.resolve(withoutProcess(end, { neverBegan: true })), stop: () => undefined };
}

function launchInFlow(deps: EngineDeps, prepared: PreparedTry, work: ActionWork): RunningTry {
  const { intent, env } = prepared;
  const { files } = deps;
  // Else a log comes with the first thing that is printed: most actions never use their second one.
  if (prepared.needsFiles) {
    const outputs = tryFile.outputs(prepared.dir);
    for (const path of new Set([outputs, intent.outLog, intent.errLog])) files.create(path, '');
  }
  const kind = files.kind(intent.cwd);
  if (kind !== 'directory') {
    const what = kind === null ? 'does not exist' : 'is not a directory';
    return settled(failed('R306', `working directory ${what}: \`${intent.cwd}\``));
  }
  const abort = new AbortController();
  const echoes = {
    out: echo((after) => files.tail(intent.outLog, after)),
    err: echo((after) => files.tail(intent.errLog, after)),
  };
  const { outLog, errLog } = intent;
  const logs = { outLog, errLog, mayExist: prepared.needsFiles, echoes };
  const output = inFlowOutput(files, logs, prepared.output);
  const io: ActionIo = {
    out: (bytes) => output.out(bytes),
    err: (bytes) => output.err(bytes),
    clock: deps.clock,
    signal: abort.signal,
    cwd: intent.cwd,
    env,
    idempotencyKey: intent.idempotencyKey,
    timeZone: deps.timeZone,
    denyPrivate: deps.denyPrivate,
  };
  const perform = async (): Promise<TryEnd> => {
    try {
      return withoutProcess(await deps.perform(work, io));
    } finally {
      output.end();
    }
  };
  const tails = { out: echoes.out.tail, err: echoes.err.tail };
  return { ended: perform(), stop: () => abort.abort(), tails };
}

/** Opens them before anything runs, so that the step can still say why it does not (R506). */
function openAuthorFiles(files: RunFiles, author: AuthorFiles): string | null {
  for (const stream of ['stdout', 'stderr'] as const) {
    const path = author[stream];
    const reason = path === null ? null : files.openForAuthor(path);
    if (path !== null && reason !== null) return `${stream}: cannot open ${path}: ${reason}`;
  }
  return null;
}
