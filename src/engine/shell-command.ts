import type { ShellSpec } from '../core/dag.ts';
import { parseEval } from '../core/eval.ts';
import type { Scope } from '../core/reference/template.ts';
import { planRun } from '../core/shell.ts';
import { resolveShell } from './prepare.ts';
import { Resolver } from './resolver.ts';
import type { Finding } from './resolver.ts';
import type { EngineDeps } from './types.ts';

/** Where a condition or the `eval` of a param is judged. */
export interface Surroundings {
  readonly deps: Pick<EngineDeps, 'commands' | 'files' | 'defaultShell'>;
  /** Takes standard error of `eval`. */
  readonly runLog: string;
  readonly env: ReadonlyMap<string, string>;
  readonly cwd: string;
  readonly scope: Scope;
  readonly mode: 'strict' | 'keep';
  readonly rootShell: ShellSpec | null;
  readonly stepShell: ShellSpec | null;
  /** Hides secrets in text that is kept. */
  readonly mask: (text: string) => string;
}

/** Commands of `eval` (LANGUAGE.md §26). */
const EVAL_LIMIT_MS = 30_000;
const EVAL_MAX_BYTES = 1_048_576;

/** A value, or why there is none; never the text of a command. */
export type Evaluated<T> = ({ readonly value: T } | { readonly error: string }) & {
  readonly warnings: readonly Finding[];
};

/** Runs a condition's text as a command, its output dropped: true if it exits 0 (LANGUAGE.md §12.1). */
export async function commandSucceeds(
  text: string,
  around: Surroundings,
  signal: AbortSignal,
): Promise<Evaluated<boolean>> {
  const resolver = new Resolver(around.scope, around.mode);
  const argv = shellArgv(resolver.text('condition', text, 'ref'), around, around.stepShell, resolver);
  const { failure, warnings } = resolver;
  const error = failure?.message ?? missingDirectory(around);
  if (error !== null) return { error, warnings };
  const { code } = await execute(argv, around, signal, null);
  return { value: code === 0, warnings };
}

/** A text with the output of its commands inserted (LANGUAGE.md §8.7); they run one after the other. */
export async function evaluateText(
  text: string,
  around: Surroundings,
  signal: AbortSignal,
): Promise<Evaluated<string>> {
  const parts = parseEval(text);
  if ('error' in parts) return { error: parts.error, warnings: [] };
  const resolver = new Resolver(around.scope, around.mode);
  const resolved = parts.map((part) => ({
    ...part,
    text: resolver.text('eval', part.text, part.kind === 'text' ? 'full' : 'ref'),
  }));
  const { warnings } = resolver;
  let value = '';
  for (const part of resolved) {
    if (part.kind === 'text') {
      value += part.text;
      continue;
    }
    const argv = shellArgv(part.text, around, null, resolver);
    const error = resolver.failure?.message ?? missingDirectory(around);
    if (error !== null) return { error, warnings };
    const { code, stdout, stderr, timedOut } = await execute(argv, around, signal, EVAL_LIMIT_MS);
    if (stderr !== '') around.deps.files.append(around.runLog, around.mask(stderr));
    if (timedOut) return { error: `a command timed out after ${EVAL_LIMIT_MS / 1_000}s`, warnings };
    if (code !== 0) return { error: `a command ended with exit code ${code}`, warnings };
    value += stdout.trim();
  }
  const { failure } = resolver;
  return failure === null ? { value, warnings } : { error: failure.message, warnings };
}

function execute(
  argv: Argv,
  { deps, env, cwd }: Surroundings,
  signal: AbortSignal,
  timeoutMs: number | null,
) {
  return deps.commands.run({
    argv,
    cwd,
    env: { ...Object.fromEntries(env), PWD: cwd },
    timeoutMs,
    maxBytes: EVAL_MAX_BYTES,
    drop: timeoutMs === null,
    signal,
  });
}

type Argv = readonly [string, ...string[]];

function shellArgv(
  text: string,
  { rootShell, deps }: Surroundings,
  stepShell: ShellSpec | null,
  resolver: Resolver,
): Argv {
  const plan = planRun({
    form: 'command',
    multiline: true,
    texts: [text],
    step: resolveShell('with', stepShell, resolver),
    root: resolveShell('', rootShell, resolver),
    defaultShell: deps.defaultShell,
    scriptPath: '',
  });
  if ('error' in plan) resolver.fail(plan.error.code, plan.error.message);
  const [program, ...args] = 'error' in plan ? [] : (plan.commands[0] ?? []);
  return [program ?? 'sh', ...args];
}

function missingDirectory({ deps, cwd }: Surroundings): string | null {
  const kind = deps.files.kind(cwd);
  if (kind === 'directory') return null;
  return `working directory ${kind === null ? 'does not exist' : 'is not a directory'}: \`${cwd}\``;
}
