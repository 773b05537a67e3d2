import { parseDuration } from '../base/duration.ts';
import { isTimeZone } from '../base/instant.ts';

/** How the value of a key is written; `words` are its allowed ones. */
export type Shape =
  | { readonly kind: 'path' }
  | { readonly kind: 'text' }
  | { readonly kind: 'zone' }
  | { readonly kind: 'bool' }
  | { readonly kind: 'duration' }
  | { readonly kind: 'int'; readonly least: number }
  | { readonly kind: 'word'; readonly words: readonly string[] };

export interface Setting {
  readonly shape: Shape;
  /** Its environment variable. */
  readonly variable: string;
  /** Its flag, as people write it; null when it has none. */
  readonly flag: string | null;
  readonly meaning: string;
  readonly default: string;
}

const word = (...words: string[]): Shape => ({ kind: 'word', words });
const setting = (
  shape: Shape,
  variable: string,
  flag: string | null,
  standard: string,
  meaning: string,
): Setting => ({
  shape,
  variable,
  flag,
  default: standard,
  meaning,
});

/** The settings of CLI.md §7 that have an effect today, by key. `flow help env` prints them. */
export const SETTINGS = {
  home: setting({ kind: 'path' }, 'FLOW_HOME', '--home', '~/.local/state/flow', 'where runs are recorded'),
  dags: setting({ kind: 'path' }, 'FLOW_DAGS', '--dags', './dags', 'the DAG folder'),
  base_config: setting(
    { kind: 'path' },
    'FLOW_BASE_CONFIG',
    '--base',
    'none',
    'base file that DAGs are laid on',
  ),
  unresolved: setting(
    word('strict', 'keep'),
    'FLOW_UNRESOLVED',
    '--unresolved',
    'strict',
    'references without a value: an error, or left as text',
  ),
  strict: setting({ kind: 'bool' }, 'FLOW_STRICT', '--strict', 'false', 'a warning while loading stops flow'),
  default_shell: setting(
    { kind: 'text' },
    'FLOW_DEFAULT_SHELL',
    null,
    '$SHELL, else sh',
    'shell of steps that name none',
  ),
  tz: setting({ kind: 'zone' }, 'FLOW_TZ', null, 'local zone', 'zone of schedules and wait.until'),
  jobs: setting({ kind: 'int', least: 0 }, 'FLOW_JOBS', '-j', '0', 'steps at once; 0 is no limit'),
  max_processes: setting(
    { kind: 'int', least: 1 },
    'FLOW_MAX_PROCESSES',
    null,
    '256',
    'step processes at once',
  ),
  max_log_size: setting(
    { kind: 'int', least: 1 },
    'FLOW_MAX_LOG_SIZE',
    null,
    '104857600',
    'bytes kept of a log of a step: its first and last half',
  ),
  on_failure: setting(
    word('continue', 'drain', 'kill'),
    'FLOW_ON_FAILURE',
    '--on-failure',
    'continue',
    'what a failure does to the rest of the run',
  ),
  output: setting(
    word('live', 'plain', 'grouped', 'json'),
    'FLOW_OUTPUT',
    '--output',
    'live, in CI grouped',
    'how a run is shown',
  ),
  color: setting(word('always', 'never', 'auto'), 'FLOW_COLOR', '--color', 'auto', 'colours'),
  durability: setting(word('full', 'normal'), 'FLOW_DURABILITY', null, 'full', 'how commits reach the disk'),
  strict_permissions: setting(
    { kind: 'bool' },
    'FLOW_STRICT_PERMISSIONS',
    null,
    'false',
    'a DAG folder that everybody may write to is refused',
  ),
  max_runs: setting(
    { kind: 'int', least: 0 },
    'FLOW_MAX_RUNS',
    '--max-runs',
    '0',
    'runs of the daemon at once; 0 is no limit',
  ),
  drain_timeout: setting(
    { kind: 'duration' },
    'FLOW_DRAIN_TIMEOUT',
    '--drain-timeout',
    '5s',
    'how long the daemon waits for its runs when it is asked to end',
  ),
  resume_interrupted: setting(
    { kind: 'bool' },
    'FLOW_RESUME_INTERRUPTED',
    null,
    'true',
    'the daemon resumes its interrupted runs when it starts',
  ),
  'http.deny_private': setting(
    { kind: 'bool' },
    'FLOW_HTTP_DENY_PRIVATE',
    null,
    'false',
    'steps send no requests to private addresses',
  ),
} as const satisfies Record<string, Setting>;

export type SettingKey = keyof typeof SETTINGS;
export const SETTING_KEYS = Object.keys(SETTINGS) as SettingKey[];

/** Keys that are lists: they stand in files only. */
export const LIST_KEYS = ['queues', 'env_passthrough'] as const;
export type ListKey = (typeof LIST_KEYS)[number];

/** What is expected, for a message: `a whole number ≥ 1`, `one of strict, keep`. */
export function expected(shape: Shape): string {
  switch (shape.kind) {
    case 'path':
      return 'a path';
    case 'text':
      return 'text';
    case 'zone':
      return 'a time zone such as Europe/Berlin';
    case 'bool':
      return 'true or false';
    case 'duration':
      return 'a duration such as 30s or 5m';
    case 'int':
      return `a whole number ≥ ${shape.least}`;
    case 'word':
      return `one of ${shape.words.join(', ')}`;
  }
}

/** True when a text from a flag, a variable or a file is a value of this shape. */
export function fits(shape: Shape, text: string): boolean {
  switch (shape.kind) {
    case 'path':
    case 'text':
      return text !== '';
    case 'zone':
      return isTimeZone(text);
    case 'bool':
      return text === 'true' || text === 'false';
    case 'duration':
      return parseDuration(text) !== null;
    case 'int':
      return /^\d+$/.test(text) && Number.isSafeInteger(Number(text)) && Number(text) >= shape.least;
    case 'word':
      return shape.words.includes(text);
  }
}
