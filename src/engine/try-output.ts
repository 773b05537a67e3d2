import type { Step } from '../core/dag.ts';
import type { RunEvent } from '../core/events.ts';
import { MASK } from '../core/mask.ts';
import type { Masker } from '../core/mask.ts';
import type { TryRecord } from '../core/records.ts';
import { addEntries, setManagedOfTry, stepEnvironment } from './environment.ts';
import type { RootEnvironment } from './environment.ts';
import type { TryEnd } from './launch.ts';
import { Resolver } from './resolver.ts';
import type { Finding } from './resolver.ts';
import type { AttemptFacts } from './scope.ts';
import { fieldScope } from './scope.ts';
import { resolveOutputs, resolvePrompt } from './step-output.ts';
import type { ResolvedOutput } from './step-output.ts';
import type { RunFiles } from './types.ts';

/** More than any step writes whose output file is good. */
const OUTPUT_FILE_BYTES = 64 * 1024 * 1024;

/** The `output` map and the question of a try that another process started: resolved again, as nothing is stored. */
export function outputsOfAttached(
  at: { readonly facts: AttemptFacts; readonly root: RootEnvironment; readonly mode: 'strict' | 'keep' },
  step: Step,
  record: TryRecord,
): { outputMap: ResolvedOutput[]; prompt: string | null } {
  if (step.outputMap.length === 0 && step.approval === null) return { outputMap: [], prompt: null };
  const { facts, root, mode } = at;
  const env = stepEnvironment(facts, root, step);
  const outputFile = `${facts.home.tryDir(facts.snapshot.run.id, step.number, record.n)}/outputs`;
  const context = {
    'step.id': step.id ?? '',
    'step.name': step.name,
    'paths.step_stdout_file': record.outLog,
    'paths.step_stderr_file': record.errLog,
    'paths.step_output_file': outputFile,
  };
  const resolver = new Resolver(fieldScope(facts, env, context, step), mode);
  addEntries(env, step.env, 'env', resolver);
  setManagedOfTry(env, record, outputFile);
  env.set('PWD', record.cwd);
  const prompt = resolvePrompt(step, resolver);
  return { outputMap: resolveOutputs(step, record.cwd, env, resolver), prompt };
}

/** What is to be said about the output of a try that has ended: W501, and what the pipe process could not do. */
export function outputWarnings(
  event: RunEvent,
  live: { readonly step: Step; readonly outputMap: readonly ResolvedOutput[] },
  end: TryEnd,
  masker: Masker | null,
): Finding[] {
  const found: Finding[] = (end.piped?.notes ?? []).map((message) => ({ code: 'W502', message }));
  if (event.type !== 'step.finished' || (masker === null && end.piped === null)) return found;
  const streams = new Map(live.outputMap.map(({ name, source }) => [name, source.kind]));
  if (live.step.outputName !== null) streams.set(live.step.outputName, 'stdout');
  for (const [name, { text }] of Object.entries(event.outputs)) {
    const stream = streams.get(name);
    const wasMasked = end.piped?.masked.some((one) => one === stream) === true && text.includes(MASK);
    if (!wasMasked && masker?.finds(text) !== true) continue;
    found.push({ code: 'W501', message: `output "${name}" contains a secret and is masked` });
  }
  return found;
}

/** A step may have written a secret to $FLOW_OUTPUT_FILE: it does not stay there. */
export function maskOutputFile(files: RunFiles, path: string, masker: Masker): void {
  const bytes = files.read(path, OUTPUT_FILE_BYTES);
  if (bytes === null || bytes.length === 0) return;
  const stream = masker.stream();
  const masked = Buffer.concat([stream.push(bytes), stream.end()]);
  if (stream.found) files.replace(path, masked);
}
