import { option, type CommandSpec, type OptionSpec } from './command-spec.ts';
import type { Verb } from './commands/answer.ts';
import { OUTPUT_OPTIONS } from './run-commands.ts';

const INPUTS: readonly OptionSpec[] = [
  option('--input <k=v>', 'what is filled in (repeatable)', { repeatable: true }),
  option('--inputs-json <json>', 'the same as a JSON object'),
];
const RESUME: readonly OptionSpec[] = [
  option('--resume', 'go on with the run at once, in the foreground'),
  ...OUTPUT_OPTIONS,
];

function answering(
  verb: Verb,
  description: string,
  examples: readonly string[],
  options: readonly OptionSpec[],
): CommandSpec {
  return {
    usage: `${verb} <run> <step>`,
    description,
    examples,
    options: [...options, ...RESUME],
    run: async ({ context, args: [run = '', step = ''], flags }) =>
      (await import('./commands/answer.ts')).answer(context, verb, { run, step }, flags),
  };
}

/** The commands that answer questions to people (LANGUAGE.md §18). */
export const PEOPLE_COMMANDS: readonly CommandSpec[] = [
  answering(
    'complete',
    'fill in a human task',
    ['flow complete last signoff --input ticket=OPS-7', 'flow complete 1a2b3c4d signoff --resume'],
    INPUTS,
  ),
  answering(
    'approve',
    'let a step that asks for approval succeed',
    ['flow approve last deploy', 'flow approve last deploy --input BY=me --resume'],
    INPUTS,
  ),
  answering(
    'reject',
    'refuse it: the run ends rejected',
    ["flow reject last deploy --reason 'not on a Friday'"],
    [option('--reason <text>', 'why')],
  ),
];
