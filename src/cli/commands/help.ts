import { EXIT_MEANINGS } from '../../errors/exit-codes.ts';
import { didYouMean } from '../../errors/suggest.ts';
import type { Sink } from '../../term/sink.ts';
import { tableLines } from '../../term/table.ts';
import { HELP_TOPICS, type HelpTopic } from '../help-topics.ts';
import { LANGUAGE } from '../language-sheet.ts';
import { SETTINGS, SETTING_KEYS } from '../settings.ts';
import { usageError } from '../usage.ts';

/** What is needed of a command to find it by its words and to show its help. */
export interface HelpNode {
  readonly commands: readonly HelpNode[];
  name(): string;
  aliases(): string[];
  outputHelp(): void;
}

/** `flow help`, `flow help COMMAND`, `flow help language|exit-codes|env`. @throws FlowError (exit 2) */
export function help(root: HelpNode, topic: readonly string[], out: Sink): void {
  const [first] = topic;
  if (!isTopic(first)) commandNamed(root, topic).outputHelp();
  else out.write(`${PAGES[first]().join('\n')}\n`);
}

const PAGES: Readonly<Record<HelpTopic, () => string[]>> = {
  language: () => [LANGUAGE],
  'exit-codes': exitCodes,
  env: variables,
};

function isTopic(word: string | undefined): word is HelpTopic {
  return word !== undefined && Object.hasOwn(HELP_TOPICS, word);
}

function commandNamed(root: HelpNode, words: readonly string[]): HelpNode {
  return words.reduce<HelpNode>((at, word) => {
    const found = at.commands.find((one) => one.name() === word || one.aliases().includes(word));
    if (found !== undefined) return found;
    const known = [...at.commands.map((one) => one.name()), ...Object.keys(HELP_TOPICS)];
    throw usageError(`no help for "${word}"`, didYouMean(word, known) ?? '`flow help` names all commands');
  }, root);
}

function exitCodes(): string[] {
  return tableLines(
    EXIT_MEANINGS.map(([code, meaning]) => [String(code), meaning]),
    { right: [0] },
  );
}

/** A line of its own for each meaning: beside the names it would not fit on a screen. */
function variables(): string[] {
  const rows = SETTING_KEYS.map((key) => {
    const { variable, flag, default: standard } = SETTINGS[key];
    return [variable, flag ?? '', standard];
  });
  const [head = '', ...lines] = tableLines([['VARIABLE', 'FLAG', 'DEFAULT'], ...rows]);
  const settings = SETTING_KEYS.flatMap((key, i) => [lines[i] ?? '', `    ${SETTINGS[key].meaning}`]);
  return [
    ...[head, ...settings],
    ...['NO_COLOR', '    no colours when not empty'],
    ...['FORCE_COLOR', '    colours also without a terminal'],
    '',
    'In flow.config.yaml and ~/.config/flow/config.yaml a setting is called as its',
    'variable, in small letters and without flow_; FLOW_HTTP_DENY_PRIVATE is',
    'http: {deny_private}.',
  ];
}
