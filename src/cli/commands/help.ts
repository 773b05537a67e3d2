import { EXIT_MEANINGS } from '../../errors/exit-codes.ts';
import { didYouMean } from '../../errors/suggest.ts';
import type { Sink } from '../../term/sink.ts';
import { tableLines } from '../../term/table.ts';
import { SETTINGS, SETTING_KEYS } from '../settings.ts';
import { usageError } from '../usage.ts';

/** What is needed of a command to find it by its words and to show its help. */
export interface HelpNode {
  readonly commands: readonly HelpNode[];
  name(): string;
  aliases(): string[];
  outputHelp(): void;
}

/** `flow help`, `flow help COMMAND`, `flow help exit-codes|env`. @throws FlowError (exit 2) */
export function help(root: HelpNode, topic: readonly string[], out: Sink): void {
  const [first] = topic;
  if (first === 'exit-codes') out.write(`${exitCodes().join('\n')}\n`);
  else if (first === 'env') out.write(`${variables().join('\n')}\n`);
  else commandNamed(root, topic).outputHelp();
}

function commandNamed(root: HelpNode, words: readonly string[]): HelpNode {
  return words.reduce<HelpNode>((at, word) => {
    const found = at.commands.find((one) => one.name() === word || one.aliases().includes(word));
    if (found !== undefined) return found;
    const known = [...at.commands.map((one) => one.name()), 'exit-codes', 'env'];
    throw usageError(`no help for "${word}"`, didYouMean(word, known) ?? `one of ${known.join(', ')}`);
  }, root);
}

function exitCodes(): string[] {
  return tableLines(
    EXIT_MEANINGS.map(([code, meaning]) => [String(code), meaning]),
    { right: [0] },
  );
}

function variables(): string[] {
  const rows = SETTING_KEYS.map((key) => {
    const { variable, flag, default: standard, meaning } = SETTINGS[key];
    return [variable, flag ?? '', key, standard, meaning];
  });
  const colors = [
    ['NO_COLOR', '', '', '', 'no colours when not empty'],
    ['FORCE_COLOR', '', '', '', 'colours also without a terminal'],
  ];
  return tableLines([['VARIABLE', 'FLAG', 'KEY', 'DEFAULT', 'MEANING'], ...rows, ...colors]);
}
