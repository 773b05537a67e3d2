import { hash } from 'node:crypto';
import { resolve } from 'node:path';
import { splitWords } from '../base/words.ts';
import type { ActionWork } from '../actions/perform.ts';
import type { Foreach, HttpRequest, ShellSpec, Step, StepAction, SubDag } from '../core/dag.ts';
import type { StepStarted } from '../core/events.ts';
import type { StepRecord } from '../core/records.ts';
import { stepAt } from '../core/snapshot.ts';
import type { Masker } from '../core/mask.ts';
import { planRun } from '../core/shell.ts';
import { resolveChildren } from './child-specs.ts';
import type { ChildSpec, ChildSpecsInput } from './child-specs.ts';
import { addEntries, setManagedOfHandler, setManagedOfTry, stepEnvironment } from './environment.ts';
import type { RootEnvironment } from './environment.ts';
import { expandHome } from './expand-home.ts';
import { hideTexts } from './hidden-text.ts';
import type { HiddenTexts } from './hidden-text.ts';
import { resolveItems } from './items.ts';
import type { FoundItem } from './items.ts';
import { resolveAction } from './resolve-action.ts';
import { tryFile } from '../process/try-files.ts';
import { Resolver } from './resolver.ts';
import type { Finding } from './resolver.ts';
import type { AttemptFacts } from './scope.ts';
import { fieldScope } from './scope.ts';
import { needsStreams, resolveFiles, resolveOutputs, resolvePrompt } from './step-output.ts';
import type { AuthorFiles, ResolvedOutput } from './step-output.ts';
import { SharedVariables } from './variables.ts';

/** A try that is ready to be recorded and then started. */
export interface PreparedTry {
  readonly step: Step;
  readonly intent: StepStarted;
  readonly dir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly work: Work;
  /** Its folder and its logs must be there when it begins, even if it prints nothing. */
  readonly needsFiles: boolean;
  readonly outputMap: readonly ResolvedOutput[];
  /** What a person is asked after success (§18.2); null: nobody is. */
  readonly prompt: string | null;
  readonly output: TryOutput;
  readonly retryLimit: number;
  readonly retryIntervalSec: number;
}

/** What output passes through on its way to the log (RELIABILITY.md §3.7). */
export interface TryOutput {
  readonly masker: Masker | null;
  /** Values of the secrets, none of which may show in an argument. */
  readonly secrets: readonly string[];
  readonly files: AuthorFiles;
}

/** What a try does, resolved. */
export type Work =
  | {
      readonly kind: 'process';
      readonly commands: readonly (readonly string[])[];
      readonly script: string | null;
      /** Texts of commands that would show a secret as an argument. */
      readonly texts: HiddenTexts['texts'];
    }
  | CompositeWork
  | ActionWork;

/** A try that runs other steps or runs; it takes no place (LANGUAGE.md §5.1). */
export type CompositeWork =
  | { readonly kind: 'foreach'; readonly items: readonly FoundItem[]; readonly root: RootEnvironment }
  | ({ readonly kind: 'dag.run' } & ChildrenWork)
  | ({ readonly kind: 'dag.enqueue' } & ChildrenWork);

interface ChildrenWork {
  readonly children: readonly ChildSpec[];
  /** By `parallel`: the result is a summary, also of one. */
  readonly parallel: boolean;
  readonly maxConcurrent: number;
  readonly queue: string | null;
}

export function isComposite(work: Work): work is CompositeWork {
  return work.kind === 'foreach' || work.kind === 'dag.run' || work.kind === 'dag.enqueue';
}

export interface PrepareInput {
  readonly facts: AttemptFacts;
  readonly root: RootEnvironment;
  readonly step: Step;
  readonly mode: 'strict' | 'keep';
  readonly defaultShell: string;
  /** State in which the attempt is ending; handlers see it. */
  readonly runStatus: string | null;
  /** The last try goes on, which a dead owner began; no new one is made. */
  readonly goesOn?: boolean;
}

/**
 * Resolves everything a try needs (LANGUAGE.md §7, §8), or says why the step fails before it starts. Touches
 * nothing outside; values stay in memory, only their hash and the names of variables are recorded.
 */
export function prepareTry(input: PrepareInput): { prepared: PreparedTry | Finding; warnings: Finding[] } {
  const { facts, root, step } = input;
  const record = stepAt(facts.snapshot, step.number);
  const identity = tryIdentity(facts, step, record, input.goesOn === true);
  const env = stepEnvironment(facts, root, step);
  setManagedOfHandler(env, facts, input.runStatus);
  const context: Record<string, string> = {
    'step.id': step.id ?? '',
    'step.name': step.name,
    'paths.step_stdout_file': identity.outLog,
    'paths.step_stderr_file': identity.errLog,
    'paths.step_output_file': identity.outputFile,
    ...(input.runStatus === null ? {} : { 'run.status': input.runStatus }),
  };
  const scope = fieldScope(facts, env, context, step);
  const resolver = new Resolver(scope, input.mode);
  addEntries(env, step.env, 'env', resolver);
  const cwd =
    step.workingDir === null
      ? root.cwd
      : resolve(root.cwd, expandHome(resolver.text('working_dir', step.workingDir, 'full'), env));
  // A foreach body builds on the environment of its step, without what belongs to one try.
  const bodyEnv = step.action.kind === 'foreach' ? new SharedVariables(env.toMap()) : root.env;
  setManagedOfTry(env, identity, identity.outputFile);
  env.set('PWD', cwd);
  const secrets = [...root.secrets.values.values()].filter((value) => value !== '');
  const { action } = step;
  const { mode } = input;
  const around = { facts, step, env, context, mode, masker: root.secrets.masker };
  let work: Work;
  if (action.kind === 'foreach')
    work = {
      kind: 'foreach',
      items: resolveItems(action, around, resolver),
      root: { env: bodyEnv, cwd, secrets: root.secrets },
    };
  else if ('parallel' in action)
    work = childWork(action, { run: facts.snapshot.run.id, step, record, scope, mode }, resolver);
  else {
    const script = `${identity.dir}/script`;
    const resolved = resolveWork(action, facts, resolver, script, input.defaultShell, record);
    work = hidden(resolved, identity.dir, secrets);
  }
  const outputMap = resolveOutputs(step, cwd, env, resolver);
  const prompt = resolvePrompt(step, resolver);
  const files = resolveFiles(step, cwd, facts.paths.artifacts, env, resolver);
  const retryLimit = resolver.number('retry_policy.limit', step.retry?.limit ?? 0);
  const retryIntervalSec = resolver.number('retry_policy.interval_sec', step.retry?.intervalSec ?? 0);
  const unfit = env.withNul();
  if (unfit !== null) resolver.fail('R401', `cannot hand on \`${unfit}\`: it contains a NUL byte`);
  if (resolver.failure !== null) return { prepared: resolver.failure, warnings: resolver.warnings };
  const workText = textOf(work);
  const intent: StepStarted = {
    type: 'step.started',
    step: step.number,
    attempt: facts.snapshot.run.attempt,
    try: identity.n,
    inAttempt: identity.inAttempt,
    inFlow: work.kind !== 'process',
    commandHash: commandHash(workText, root.secrets.masker),
    cwd,
    envNames: [...step.env.map((entry) => entry.name)],
    idempotencyKey: identity.idempotencyKey,
    outLog: identity.outLog,
    errLog: identity.errLog,
  };
  const prepared = {
    step,
    intent,
    dir: identity.dir,
    env: env.toRecord(),
    work,
    needsFiles:
      work.kind === 'process' || namesFiles(workText + JSON.stringify([outputMap, files, cwd]), identity),
    outputMap,
    prompt,
    output: { masker: root.secrets.masker, secrets, files },
    retryLimit,
    retryIntervalSec,
  };
  return { prepared, warnings: resolver.warnings };
}

function childWork(action: SubDag, input: ChildSpecsInput, resolver: Resolver): CompositeWork {
  const { kind, parallel } = action;
  return {
    kind,
    children: resolveChildren(action, input, resolver),
    parallel: parallel !== null,
    maxConcurrent: parallel?.maxConcurrent ?? 1,
    queue: action.queue === null ? null : resolver.text('with.queue', action.queue, 'full'),
  };
}

function tryIdentity(
  { snapshot, home, paths }: AttemptFacts,
  step: Step,
  record: StepRecord,
  goesOn: boolean,
) {
  const { run } = snapshot;
  const n = record.tries.length + (goesOn ? 0 : 1);
  const dir = home.tryDir(run.id, step.number, n);
  // Captured output and what `continue_on` looks at must not be mixed with standard error.
  const merged = step.logOutput === 'merged' && !needsStreams(step);
  const logs = paths.tryLogs(step.number, n, merged);
  return {
    n,
    inAttempt: record.tries.filter((t) => t.attempt === run.attempt && t.state !== 'void').length + 1,
    dir,
    outLog: logs.out,
    errLog: logs.err,
    outputFile: tryFile.outputs(dir),
    idempotencyKey: idempotencyKey(run.id, step, record, run.attempt),
  };
}

/**
 * The same over all retries, recoveries and resumes; new once a step that had succeeded is executed again on
 * purpose, and for a handler in each attempt (LANGUAGE.md §19.3, RELIABILITY.md R16).
 */
function idempotencyKey(run: string, step: Step, record: StepRecord, attempt: number): string {
  const succeeded = record.tries.filter((t) => t.state === 'succeeded').length;
  const parts = [
    run,
    step.label,
    step.item?.key ?? '',
    step.kind === 'step' ? '' : String(attempt),
    String(succeeded),
  ];
  return hash('sha256', JSON.stringify(parts), 'base64url');
}

function resolveWork(
  action: Exclude<StepAction, Foreach | SubDag>,
  facts: AttemptFacts,
  resolver: Resolver,
  scriptPath: string,
  defaultShell: string,
  record: StepRecord,
): Work {
  switch (action.kind) {
    case 'run': {
      const texts = action.form === 'commands' ? action.texts : [action.text];
      const list = action.form === 'commands';
      const plan = planRun({
        form: action.form,
        texts: texts.map((text, i) => resolver.text(list ? `run[${i}]` : 'run', text, 'ref')),
        step: resolveShell('with', action.shell, resolver),
        root: resolveShell('', facts.dag.shell, resolver),
        defaultShell,
        scriptPath,
      });
      if ('error' in plan) resolver.fail(plan.error.code, plan.error.message);
      else return { kind: 'process', commands: plan.commands, script: plan.script, texts: [] };
      return { kind: 'noop' };
    }
    case 'exec': {
      const command = resolver.text('with.command', action.command, 'full');
      return {
        kind: 'process',
        commands: [[command, ...resolver.list('with.args', action.args)]],
        script: null,
        texts: [],
      };
    }
    case 'http.request':
      return { kind: 'http.request', request: resolveRequest(action.with, resolver) };
    case 'log.write':
      return { kind: 'log.write', message: resolver.text('with.message', action.message, 'full') };
    case 'outputs':
    case 'noop':
    case 'human.task':
      return { kind: 'noop' };
    default:
      return resolveAction(action, facts, record, resolver);
  }
}

function hidden(work: Work, dir: string, secrets: readonly string[]): Work {
  if (work.kind !== 'process' || secrets.length === 0) return work;
  const isSecret = (text: string): boolean => secrets.some((secret) => text.includes(secret));
  return { ...work, ...hideTexts(work.commands, dir, isSecret) };
}

/** A shell as written, resolved; null where none is named. */
export function resolveShell(field: string, spec: ShellSpec | null, resolver: Resolver) {
  if (spec === null) return null;
  const prefix = field === '' ? '' : `${field}.`;
  const { shell } = spec;
  let words: readonly string[] | { error: string };
  if (typeof shell === 'string') words = splitWords(resolver.text(`${prefix}shell`, shell, 'full'));
  else words = resolver.list(`${prefix}shell`, shell);
  if ('error' in words) {
    resolver.fail('R304', `${prefix}shell: ${words.error}`);
    return null;
  }
  return {
    words: [...words],
    args: resolver.list(`${prefix}shell_args`, spec.args),
    packages: resolver.list(`${prefix}shell_packages`, spec.packages),
  };
}

function resolveRequest(request: HttpRequest, resolver: Resolver): HttpRequest {
  const text = (key: string, value: string): string => resolver.text(`with.${key}`, value, 'full');
  return {
    ...request,
    method: text('method', request.method),
    url: text('url', request.url),
    headers: resolver.map('with.headers', request.headers),
    query: new Map(
      [...request.query].map(([key, value]) => [
        key,
        typeof value === 'string' ? text(`query.${key}`, value) : resolver.list(`with.query.${key}`, value),
      ]),
    ),
    body: resolver.tree('with.body', request.body),
    form: request.form === null ? null : resolver.map('with.form', request.form),
    files: request.files === null ? null : resolver.map('with.files', request.files),
    output: request.output === null ? null : text('output', request.output),
  };
}

function textOf(work: Work): string {
  // It holds no maps, and to be asked about each value costs more than all else.
  if (work.kind === 'process') return JSON.stringify(work);
  // The items stand for the environment that their steps build on.
  const what = work.kind === 'foreach' ? work.items : work;
  return JSON.stringify(what, (_key, value: unknown) => (value instanceof Map ? [...value] : value));
}

/** Of the masked text: a hash of a short secret could be searched for. */
function commandHash(text: string, masker: Masker | null): string {
  return hash('sha256', masker === null ? text : masker.text(text), 'hex');
}

/** An action inside flow has no use for the files of its try, unless its author names one of them. */
function namesFiles(
  json: string,
  own: { readonly dir: string; readonly outLog: string; readonly errLog: string },
): boolean {
  return [own.dir, own.outLog, own.errLog].some((path) => json.includes(JSON.stringify(path).slice(1, -1)));
}
