import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseDuration } from '../base/duration.ts';
import { expandTilde } from '../base/paths.ts';
import type { Diagnostic } from '../errors/diagnostic.ts';
import { FlowError } from '../errors/diagnostic.ts';
import { EXIT } from '../errors/exit-codes.ts';
import type { RunSettings } from '../machine/setup.ts';
import type { ColorChoice } from '../term/color.ts';
import type { Environment, GlobalFlags, SettingFlags } from './host.ts';
import { expected, fits, SETTINGS, SETTING_KEYS, type ListKey, type SettingKey } from './settings.ts';

/** The settings of CLI.md §7, decided. */
export interface Config extends RunSettings {
  /** Null: the default place, which depends on the environment. */
  readonly home: string | null;
  readonly dags: string;
  readonly strict: boolean;
  /** Null: the mode that suits the terminal. */
  readonly output: 'live' | 'plain' | 'grouped' | 'json' | null;
  readonly color: ColorChoice;
  /** Runs of the daemon at once; 0 is no limit. */
  readonly maxRuns: number;
  readonly drainTimeoutMs: number;
  readonly resumeInterrupted: boolean;
  /** How many runs of each named queue run at once. */
  readonly queues: ReadonlyMap<string, number>;
}

export interface ConfigInput {
  readonly flags: GlobalFlags & SettingFlags;
  readonly env: Environment;
  readonly cwd: string;
  /** For `~` and the user's file; undefined when there is no HOME. */
  readonly userHome: string | undefined;
}

/** Texts by key, each with where it was found, for messages. */
type Found = Map<
  SettingKey | ListKey,
  { readonly text: string; readonly origin: string; readonly code: string }
>;

/**
 * Reads every setting: flag, environment variable, project file, user file, default (CLI.md §1, §7).
 * @throws FlowError (exit 2) that lists all bad values together.
 */
export async function loadConfig(input: ConfigInput): Promise<Config> {
  const given = merge(fromEnvironment(input.env), fromFlags(input.flags));
  const folder = given.get('dags')?.text;
  const project = join(
    folder === undefined ? input.cwd : dirname(fullPath(input, folder, input.cwd)),
    PROJECT_FILE,
  );
  const files = merge(await fromFile(userFile(input), input), await fromFile(project, input));
  const all = merge(files, given);
  check(all);
  return decide(all, input);
}

const PROJECT_FILE = 'flow.config.yaml';

function decide(all: Found, input: ConfigInput): Config {
  const text = (key: SettingKey | ListKey): string | null => all.get(key)?.text ?? null;
  const path = (key: SettingKey): string | null => {
    const value = text(key);
    return value === null ? null : fullPath(input, value, input.cwd);
  };
  const output = text('output') as Config['output'];
  return {
    home: path('home'),
    dags: path('dags') ?? resolve(input.cwd, 'dags'),
    baseConfig: path('base_config'),
    unresolved: (text('unresolved') ?? 'strict') as Config['unresolved'],
    strict: text('strict') === 'true',
    defaultShell: text('default_shell'),
    tz: text('tz'),
    jobs: Number(text('jobs') ?? 0),
    maxProcesses: Number(text('max_processes') ?? 256),
    maxLogSize: Number(text('max_log_size') ?? 100 * 1024 * 1024),
    onFailure: (text('on_failure') ?? 'continue') as Config['onFailure'],
    output,
    color: (text('color') ?? 'auto') as ColorChoice,
    strictPermissions: text('strict_permissions') === 'true',
    denyPrivate: text('http.deny_private') === 'true',
    maxRuns: Number(text('max_runs') ?? 0),
    drainTimeoutMs: parseDuration(text('drain_timeout') ?? '5s') ?? 0,
    resumeInterrupted: text('resume_interrupted') !== 'false',
    queues: new Map(JSON.parse(text('queues') ?? '[]') as [string, number][]),
    envPassthrough: JSON.parse(text('env_passthrough') ?? 'null') as string[] | null,
    durability: (text('durability') ?? 'full') as Config['durability'],
  };
}

function fromFlags(flags: GlobalFlags & SettingFlags): Found {
  const texts: Partial<Record<SettingKey, string | undefined>> = {
    home: flags.home,
    dags: flags.dags,
    color: flags.color,
    base_config: flags.base,
    unresolved: flags.unresolved,
    strict: flags.strict === true ? 'true' : undefined,
    jobs: flags.jobs,
    on_failure: flags.onFailure,
    output: flags.output,
    max_runs: flags.maxRuns,
    drain_timeout: flags.drainTimeout,
  };
  return found(
    (key) => texts[key],
    (key) => SETTINGS[key].flag ?? key,
    'E001',
  );
}

/** An empty variable says nothing. */
function fromEnvironment(env: Environment): Found {
  const value = (key: SettingKey): string | undefined => {
    const text = env[SETTINGS[key].variable];
    return text === '' ? undefined : text;
  };
  return found(value, (key) => SETTINGS[key].variable, 'E110');
}

function found(
  value: (key: SettingKey) => string | undefined,
  origin: (key: SettingKey) => string,
  code: string,
): Found {
  const all: Found = new Map();
  for (const key of SETTING_KEYS) {
    const text = value(key);
    if (text !== undefined) all.set(key, { text, origin: origin(key), code });
  }
  return all;
}

/** Values of a file are checked where they stand, and their paths made absolute there. */
async function fromFile(path: string | null, input: ConfigInput): Promise<Found> {
  if (path === null || !existsSync(path)) return new Map();
  // Without a file nothing of the language is loaded: commands start faster.
  const { readConfigFile } = await import('./config-file.ts');
  const all: Found = new Map();
  for (const [key, text] of readConfigFile(path)) {
    const isPath = isSetting(key) && SETTINGS[key].shape.kind === 'path';
    const full = isPath ? fullPath(input, text, dirname(path)) : text;
    all.set(key, { text: full, origin: `${path}: ${key}`, code: 'E110' });
  }
  return all;
}

function userFile({ env, userHome }: ConfigInput): string | null {
  const folder = env['XDG_CONFIG_HOME'];
  if (folder !== undefined && folder.startsWith('/')) return join(folder, 'flow', 'config.yaml');
  return userHome === undefined ? null : join(userHome, '.config', 'flow', 'config.yaml');
}

function fullPath({ userHome }: ConfigInput, path: string, base: string): string {
  return resolve(base, expandTilde(path, userHome));
}

function isSetting(key: SettingKey | ListKey): key is SettingKey {
  return Object.hasOwn(SETTINGS, key);
}

function merge(weaker: Found, stronger: Found): Found {
  return new Map([...weaker, ...stronger]);
}

function check(all: Found): void {
  const problems: Diagnostic[] = [];
  for (const [key, { text, origin, code }] of all) {
    // Lists are checked where they stand.
    if (!isSetting(key)) continue;
    const { shape } = SETTINGS[key];
    if (fits(shape, text)) continue;
    const message = `invalid ${origin} "${text}": expected ${expected(shape)}`;
    problems.push({ code, severity: 'error', message });
  }
  if (problems.length > 0) throw new FlowError(EXIT.usage, problems);
}
