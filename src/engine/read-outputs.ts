import { compileJsonSchema } from '../base/json-schema.ts';
import type { OutputValue } from '../core/dag.ts';
import { captureOutput, parseOutputFile } from '../core/output-file.ts';
import { decodeOutput, parseJson, withinLimit } from '../core/output-map.ts';
import { parseYamlValue } from '../language/yaml-value.ts';
import type { TryEnd } from './launch.ts';
import type { Live } from './live.ts';
import type { ResolvedOutput } from './step-output.ts';
import type { RunFiles } from './types.ts';

/** A value is taken out of at most this much text; more of it is not JSON that a step should print. */
const DECODED_BYTES = 64 * 1024 * 1024;

export interface OutputInput {
  readonly live: Pick<Live, 'step' | 'record' | 'outputMap'>;
  readonly end: TryEnd;
  readonly maxOutputSize: number;
  readonly dir: string;
  readonly files: RunFiles;
}

type Problem = { readonly error: { readonly code: string; readonly message: string } };
type ReadOutputs = { readonly outputs: Record<string, OutputValue> } | Problem;

/** The outputs of a successful try: of the action, of the output file, of standard output, of the map (§11). */
export function readOutputs(input: OutputInput): ReadOutputs {
  const { live, files, maxOutputSize, end } = input;
  const { step } = live;
  const outputs = Object.create(null) as Record<string, OutputValue>;
  for (const [name, value] of Object.entries(end.outputs)) {
    // What an action publishes by itself is left out when it is too large (§11.6).
    if (Buffer.byteLength(value.text) <= maxOutputSize) outputs[name] = value;
  }
  if (!live.record.inFlow) {
    // One byte more than all declared outputs may have together shows that there is too much.
    const limit = (step.outputs.length + 1) * (maxOutputSize + 1024);
    const bytes = files.read(`${input.dir}/outputs`, limit) ?? new Uint8Array();
    const declared = parseOutputFile(bytes, step.outputs, maxOutputSize);
    if ('error' in declared) return declared;
    Object.assign(outputs, declared.outputs);
  }
  if (step.outputName !== null) {
    const bytes = files.read(live.record.outLog, maxOutputSize + 4096) ?? new Uint8Array();
    const captured = captureOutput(bytes, step.outputName, maxOutputSize);
    if ('error' in captured) return captured;
    outputs[step.outputName] = captured.value;
  }
  const violation = checkSchema(input);
  if (violation !== null) return violation;
  for (const entry of live.outputMap) {
    const read = readEntry(input, entry);
    if ('error' in read) return read;
    outputs[entry.name] = read.value;
  }
  return { outputs };
}

/** `output_schema` (§11.7): R505. */
function checkSchema({ live: { step, record }, files }: OutputInput): Problem | null {
  if (step.outputSchema === null) return null;
  const failed = (reason: string): Problem => ({
    error: { code: 'R505', message: `output_schema: standard output: ${reason}` },
  });
  const bytes = files.read(record.outLog, DECODED_BYTES) ?? new Uint8Array();
  if (bytes.length > DECODED_BYTES) return failed('is too large to be checked');
  const parsed = parseJson(new TextDecoder().decode(bytes));
  if ('error' in parsed) return failed(`is ${parsed.error}`);
  const schema = compileJsonSchema(step.outputSchema);
  if ('error' in schema) return failed(`cannot be checked: ${schema.error}`);
  const violation = schema.violation(parsed.json);
  if (violation === null) return null;
  return failed(violation.startsWith('.') || violation.startsWith('[') ? `at ${violation}` : violation);
}

function readEntry(
  { files, maxOutputSize, live: { record } }: OutputInput,
  { name, source }: ResolvedOutput,
): { readonly value: OutputValue } | Problem {
  if (source.kind === 'value') return withinLimit(name, source.value, maxOutputSize);
  const { kind, path, decode, select } = source;
  const failed = (reason: string): Problem => ({
    error: { code: 'R504', message: `output.${name}: ${reason}` },
  });
  const from = kind === 'file' ? (path ?? '') : kind === 'stdout' ? record.outLog : record.errLog;
  const most = decode === 'text' ? maxOutputSize + 4096 : DECODED_BYTES;
  let bytes: Uint8Array | null;
  try {
    bytes = files.read(from, most);
  } catch (error) {
    if (kind !== 'file') throw error;
    return failed(`cannot read ${from}: ${reasonOf(error)}`);
  }
  if (bytes === null && kind === 'file') return failed(`there is no file ${from}`);
  if (bytes !== null && bytes.length > most && decode !== 'text') return failed('too large to be decoded');
  const decoding = { name, decode, select, limit: maxOutputSize, parseYaml: parseYamlValue };
  return decodeOutput(bytes ?? new Uint8Array(), decoding);
}

function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  return code ?? (error instanceof Error ? error.message.replace(/: .*$/s, '') : 'it cannot be read');
}
