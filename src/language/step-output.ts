import type { JsonSchemaSource, OutputDeclaration, OutputEntry, OutputFile } from '../core/dag.ts';
import { compileJsonSchema } from '../base/json-schema.ts';
import { escapesFolder } from '../core/artifact-path.ts';
import { check } from './check.ts';
import { outputType, readOutputMap, readStdoutOutputs } from './output-map.ts';
import type { PlacedOutput } from './output-map.ts';
import { readOutputName } from './outputs.ts';
import { field, isLeafPlace } from './place.ts';
import type { Place } from './place.ts';
import { quote, report } from './report.ts';
import type { Report } from './report.ts';
import { OUTPUT_FILE, STDOUT_FILE } from './step-fields.ts';
import { toJson } from './tree.ts';

/** What a step says about its output besides `outputs` (LANGUAGE.md §11.3–§11.7). */
export interface StepOutput {
  readonly outputName: string | null;
  readonly outputMap: readonly OutputEntry[];
  readonly outputSchema: JsonSchemaSource | null;
  readonly stdout: OutputFile | null;
  readonly stderr: OutputFile | null;
}

export interface ReadOutput {
  readonly output: StepOutput;
  /** Literals, and paths of files, whose texts are substituted (§8.8). */
  readonly texts: readonly Place[];
}

/** Reads `output`, `output_schema`, `stdout` and `stderr`: E501–E504. */
export function readStepOutput(
  into: Report,
  step: Place,
  declared: readonly OutputDeclaration[],
): ReadOutput {
  const written = field(step, 'output');
  const stdout = field(step, 'stdout');
  const isMap = written?.node.kind === 'map';
  const outputName = isMap ? null : readOutputName(into, step, declared);
  const ofStdout = stdout === null ? null : field(stdout, 'outputs');
  const placed = [
    ...(isMap ? readOutputMap(into, written) : []),
    ...(ofStdout === null ? [] : readStdoutOutputs(into, ofStdout)),
  ];
  refuseDuplicates(into, placed, [
    ...declared.map(({ name }) => name),
    ...(outputName === null ? [] : [outputName]),
  ]);
  const stderr = field(step, 'stderr');
  const output = {
    outputName,
    outputMap: placed.map(({ entry }) => entry),
    outputSchema: readSchema(into, field(step, 'output_schema')),
    stdout: readFile(into, stdout, true),
    stderr: readFile(into, stderr, false),
  };
  const paths = [stdout, stderr].map((place) =>
    place === null || isLeafPlace(place) ? place : field(place, 'artifact'),
  );
  const texts = [...placed.map(({ text }) => text), ...paths].filter((place) => place !== null);
  return { output, texts };
}

/** The outputs that references may name, with their types. */
export function outputTypes(output: StepOutput): [string, 'string' | 'json' | 'any'][] {
  const named = output.outputName === null ? [] : [[output.outputName, 'string'] as [string, 'string']];
  return [
    ...named,
    ...output.outputMap.map((entry): [string, ReturnType<typeof outputType>] => [
      entry.name,
      outputType(entry),
    ]),
  ];
}

function refuseDuplicates(into: Report, placed: readonly PlacedOutput[], others: readonly string[]): void {
  const taken = new Set(others);
  for (const { entry, at } of placed) {
    if (taken.has(entry.name)) report(into, 'E501', at, `duplicate output name ${quote(entry.name)}`);
    taken.add(entry.name);
  }
}

function readSchema(into: Report, place: Place | null): JsonSchemaSource | null {
  if (place === null) return null;
  const { json, inexact } = toJson(place.node);
  if (inexact !== null) {
    report(
      into,
      'E503',
      { span: inexact.span, path: place.path },
      `${quote(inexact.text)} has no exact JSON number`,
    );
    return null;
  }
  const schema = compileJsonSchema(json);
  if (!('error' in schema)) return json as JsonSchemaSource;
  report(into, 'E503', place, schema.error);
  return null;
}

function readFile(into: Report, place: Place | null, isStdout: boolean): OutputFile | null {
  if (place === null) return null;
  if (isLeafPlace(place)) return checkPath(into, place, { kind: 'path', path: place.node.text });
  const map = check(into, place, isStdout ? STDOUT_FILE : OUTPUT_FILE, 'other');
  const artifact = field(place, 'artifact');
  if (map?.artifact === undefined || artifact === null) {
    const has = isStdout && field(place, 'outputs') !== null;
    if (!has && map !== null && artifact === null) {
      report(
        into,
        'E108',
        place,
        `must be a path${isStdout ? ', {artifact: path} or {outputs: …}' : ' or {artifact: path}'}`,
      );
    }
    return null;
  }
  if (escapesFolder(map.artifact)) {
    report(into, 'E504', artifact, `artifact ${quote(map.artifact)} must be inside the artifacts directory`);
    return null;
  }
  return checkPath(into, artifact, { kind: 'artifact', path: map.artifact });
}

function checkPath(into: Report, place: Place, file: OutputFile): OutputFile | null {
  if (file.path.trim() !== '') return file;
  report(into, 'E108', place, 'must be a path, got empty text');
  return null;
}
