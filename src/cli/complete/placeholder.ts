import { RUN_STATES } from '../../core/states.ts';
import { SETTINGS, type Setting } from '../settings.ts';

/** What may stand at a place of the command line. */
export type Kind = 'dag' | 'run' | 'step' | 'file' | 'dir' | 'topic';

/** What a shell offers at a place: things that are looked up, and words that are always the same. */
export interface Wanted {
  readonly kinds: readonly Kind[];
  readonly words: readonly string[];
}

const KINDS: Readonly<Record<string, readonly Kind[]>> = {
  dag: ['dag'],
  run: ['run'],
  step: ['step'],
  file: ['file'],
  dir: ['dir'],
  paths: ['dag', 'dir'],
  topic: ['topic'],
};

const WORDS: Readonly<Record<string, readonly string[]>> = {
  events: ['events'],
  state: [...RUN_STATES, 'interrupted'],
};

/**
 * What the words in the brackets of a usage stand for: `dag` and the like are looked up, `bash|zsh|fish` are literally
 * these; anything else (`n`, `text`, …) is free text, for which there is nothing to offer.
 */
export function wantedBy(placeholder: string): Wanted {
  const parts = placeholder.replace(/\.\.\.$/, '').split('|');
  const isChoice = parts.length > 1;
  return {
    kinds: parts.flatMap((part) => KINDS[part] ?? []),
    words: parts.flatMap((part) => WORDS[part] ?? (isChoice && KINDS[part] === undefined ? [part] : [])),
  };
}

/** What an option takes; of one that is a setting too, the settings know the words. */
export function wantedByOption({ long, value }: OptionName): Wanted {
  const setting = Object.values<Setting>(SETTINGS).find(({ flag }) => flag === long);
  if (setting?.shape.kind === 'word') return { kinds: [], words: setting.shape.words };
  return wantedBy(value ?? '');
}

export interface OptionName {
  /** `-j` */
  readonly short: string | null;
  /** `--jobs` */
  readonly long: string;
  /** `n`, the placeholder of its value; null: it takes none. */
  readonly value: string | null;
}

/** The parts of `-j, --jobs <n>`. */
export function optionName(flags: string): OptionName {
  const [, short = null, long = '', value = null] = /^(?:(-\w), )?(--[\w-]+)(?: <(.+)>)?$/.exec(flags) ?? [];
  return { short, long, value };
}

/** The placeholders of `run <dag> [params...]`: `dag`, `params...`. */
export function placeholders(usage: string): string[] {
  return [...usage.matchAll(/[<[]([^>\]]+)[>\]]/g)].map(([, placeholder]) => placeholder ?? '');
}
