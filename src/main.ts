import { systemClock } from './base/clock.ts';
import type { Host } from './cli/host.ts';
import { runProgram } from './cli/program.ts';
import { FlowError } from './errors/diagnostic.ts';
import { EXIT, type ExitCode } from './errors/exit-codes.ts';
import { openStandardSinks } from './cli/standard-streams.ts';

const { out, err } = openStandardSinks(process.stdout, process.stderr);
const debug = process.argv.includes('--debug') || (process.env['FLOW_DEBUG'] ?? '') !== '';
const host: Host = {
  clock: systemClock,
  env: process.env,
  cwd: currentDirectory(),
  out,
  err,
  umask: process.umask(0o077),
  progress: { run: null },
  onSignal,
  readInput,
};

process.on('uncaughtException', (error) => void fault(error).then(leave));

const argv = process.argv.slice(2).filter((word) => word !== '--debug');
// Not awaited here: a bundle that is no ES module knows no await outside of functions.
void runProgram(argv, host).catch(explain).then(leave);

/** Waits until everything that was printed is out, then ends: nothing left behind may keep the process. */
async function leave(exitCode: ExitCode): Promise<never> {
  process.exitCode = exitCode;
  await Promise.all([out.drained(), err.drained()]);
  process.exit(exitCode);
}

/** `/` stands for a directory that is gone: relative paths then name nothing, and absolute ones still work. */
function currentDirectory(): string {
  try {
    return process.cwd();
  } catch {
    return '/';
  }
}

/** What a person can put right is shown as diagnostics, everything else is a fault of flow. */
async function explain(error: unknown): Promise<ExitCode> {
  if (!(error instanceof FlowError)) return fault(error);
  const { renderDiagnostics } = await import('./errors/render.ts');
  const { colorLevel, painter } = await import('./term/color.ts');
  const color = painter(colorLevel(colorWord(), process.env, err.isTerminal));
  err.write(renderDiagnostics(error.diagnostics, { color }));
  return error.exitCode;
}

/** One line, exit 70 (RELIABILITY.md A13); the run that was going on stays resumable. */
function fault(error: unknown): Promise<ExitCode> {
  const message = error instanceof Error ? error.message : String(error);
  const { run } = host.progress;
  const resumable = run === null ? '' : ` (run ${run} can be resumed)`;
  err.write(`flow: internal error: ${message.replaceAll('\n', ' ')}${resumable}\n`);
  if (debug && error instanceof Error) err.write(`${error.stack ?? ''}\n`);
  return Promise.resolve(EXIT.fault);
}

/** Diagnostics may come before the settings are read, so the two strongest ones are looked at here. */
function colorWord(): 'always' | 'never' | 'auto' {
  const at = process.argv.indexOf('--color');
  const joined = process.argv.find((word) => word.startsWith('--color='))?.slice('--color='.length);
  const word = joined ?? (at < 0 ? undefined : process.argv[at + 1]) ?? process.env['FLOW_COLOR'];
  return word === 'always' || word === 'never' ? word : 'auto';
}

function onSignal(listener: (signal: 'sigint' | 'sigterm' | 'sighup') => void): () => void {
  const handlers = (['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map((name) => {
    const handler = (): void => listener(name.toLowerCase() as 'sigint' | 'sigterm' | 'sighup');
    process.on(name, handler);
    return () => process.off(name, handler);
  });
  return () => handlers.forEach((off) => off());
}

async function readInput(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
