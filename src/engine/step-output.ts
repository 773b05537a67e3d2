import { join, resolve } from 'node:path';
import { escapesFolder } from '../core/artifact-path.ts';
import type { Dag, OutputFile, OutputSource, OutputValue, Step } from '../core/dag.ts';
import { stepAt } from '../core/snapshot.ts';
import { outputOf } from '../core/output-map.ts';
import type { Snapshot } from '../core/records.ts';
import { expandHome } from './expand-home.ts';
import type { Resolver } from './resolver.ts';
import type { Lookup } from './variables.ts';

/** One key of an `output` map, its texts substituted (LANGUAGE.md §11.4). */
export interface ResolvedOutput {
  readonly name: string;
  readonly source:
    | { readonly kind: 'value'; readonly value: OutputValue }
    | Exclude<OutputSource, { kind: 'literal' | 'number' }>;
}

/** Resolves the `output` map of a step; paths are relative to `cwd`. */
export function resolveOutputs(step: Step, cwd: string, env: Lookup, resolver: Resolver): ResolvedOutput[] {
  return step.outputMap.map(({ name, source }) => {
    const field = `output.${name}`;
    if (source.kind === 'number')
      return { name, source: { kind: 'value', value: { type: 'json', text: source.text } } };
    if (source.kind === 'literal')
      return { name, source: { kind: 'value', value: outputOf(resolver.tree(field, source.value)) } };
    if (source.path === null) return { name, source };
    const path = expandHome(resolver.text(`${field}.path`, source.path, 'full'), env);
    return { name, source: { ...source, path: resolve(cwd, path) } };
  });
}

/** What a person is asked once the step has succeeded (§18.2); null: nobody is. */
export function resolvePrompt({ approval }: Step, resolver: Resolver): string | null {
  return approval === null ? null : resolver.text('approval.prompt', approval.prompt, 'full');
}

/** Files of the author (§11.7), absolute. */
export interface AuthorFiles {
  readonly stdout: string | null;
  readonly stderr: string | null;
}

export function resolveFiles(
  step: Step,
  cwd: string,
  artifacts: string | null,
  env: Lookup,
  resolver: Resolver,
): AuthorFiles {
  const resolveFile = (stream: 'stdout' | 'stderr', file: OutputFile | null): string | null => {
    if (file === null) return null;
    const path = resolver.text(stream, file.path, 'full');
    if (path.trim() === '') resolver.fail('R506', `${stream}: the path is empty`);
    if (file.kind === 'path') return resolve(cwd, expandHome(path, env));
    if (escapesFolder(path))
      resolver.fail('R506', `${stream}: the artifact is not inside the artifacts directory`);
    if (artifacts === null) throw new Error('a DAG without artifacts was loaded with one');
    return join(artifacts, path);
  };
  return { stdout: resolveFile('stdout', step.stdout), stderr: resolveFile('stderr', step.stderr) };
}

/** True when standard output alone is needed: it must not be mixed with standard error in one file. */
export function needsStreams(step: Step): boolean {
  const reads = step.outputMap.some(({ source }) => source.kind === 'stdout' || source.kind === 'stderr');
  const matches = (step.continueOn?.output.length ?? 0) > 0;
  return reads || matches || step.outputName !== null || step.outputSchema !== null;
}

/** Outputs of the run (§11.5); of two equal names the step later in the file wins. */
export function runOutputs(dag: Dag, snapshot: Snapshot): Record<string, OutputValue> {
  const outputs = Object.create(null) as Record<string, OutputValue>;
  for (const { number, action, outputName, outputMap } of dag.steps) {
    const published = stepAt(snapshot, number).outputs;
    const names = outputMap.filter(({ ofRun }) => ofRun).map(({ name }) => name);
    if (action.kind === 'outputs.write') names.push(...action.values.keys());
    for (const name of outputName === null ? names : [outputName, ...names]) {
      const value = Object.hasOwn(published, name) ? published[name] : undefined;
      if (value !== undefined) outputs[name] = value;
    }
  }
  return outputs;
}
