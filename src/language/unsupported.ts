/**
 * Constructs that flow refuses (LANGUAGE.md §25): E901 what is not supported yet, E902 what is not part of
 * flow. A construct that becomes supported only loses its row here.
 */
export type Place = 'root' | 'step' | 'defaults' | 'with' | 'approval';

const NOT_YET: Readonly<Record<Place, readonly string[]>> = {
  root: [
    ...[
      'container',
      'ssh',
      's3',
      'redis',
      'kubernetes',
      'llm',
      'registry_auths',
      'worker_selector',
      'webhook',
    ],
    ...['otel', 'tools', 'actions', 'mail_on', 'error_mail', 'info_mail', 'wait_mail', 'smtp', 'resources'],
    'run_config',
  ],
  step: [...['inputs', 'dependencies', 'container', 'worker_selector', 'mail_on_error']],
  defaults: ['mail_on_error'],
  with: [],
  approval: ['rewind_to'],
};

const NOT_PART: Readonly<Record<Place, readonly string[]>> = {
  root: ['tasks', 'harness', 'harnesses'],
  step: ['harness'],
  defaults: [],
  with: [],
  approval: [],
};

/** Actions and families (`git.`) that are described but not there yet. */
const ACTIONS_NOT_YET: readonly string[] = [
  ...['container.run', 'docker.run', 'ssh.run', 'sftp.', 's3.', 'redis.', 'sqlite.'],
  ...['postgres.', 'git.', 'archive.', 'mail.send', 'k8s.run', 'kubernetes.run', 'chat.completion'],
  ...['template.render', 'router.route', 'state.'],
];

/** Names of a family that exist; others are E701. */
const FAMILIES: Readonly<Record<string, readonly string[]>> = {
  'sftp.': ['upload', 'download'],
  's3.': ['upload', 'download', 'list', 'delete'],
  'sqlite.': ['query', 'import'],
  'postgres.': ['query', 'import'],
  'git.': ['checkout', 'worktree.add', 'worktree.remove'],
  'archive.': ['create', 'extract', 'list'],
  'state.': ['get', 'set', 'delete', 'list', 'diff'],
};

export interface Refusal {
  readonly code: 'E901' | 'E902';
  readonly text: string;
}

export function notYet(construct: string): Refusal {
  return { code: 'E901', text: `"${construct}" is not supported yet` };
}

export function notPart(construct: string): Refusal {
  return { code: 'E902', text: `"${construct}" is not part of flow` };
}

export function refusedKey(place: Place, key: string): Refusal | null {
  if (NOT_YET[place].includes(key)) return notYet(key);
  return NOT_PART[place].includes(key) ? notPart(key) : null;
}

/** All keys of a place that are refused, for spelling: `logDir` is an older form of `log_dir`. */
export function refusedKeys(place: Place): readonly string[] {
  return [...NOT_YET[place], ...NOT_PART[place]];
}

export function refusedAction(name: string): Refusal | null {
  if (name === 'harness.run' || /^[^@\s]+@[^@\s]+$/.test(name)) return notPart(name);
  const found = ACTIONS_NOT_YET.find((entry) =>
    entry.endsWith('.') ? name.startsWith(entry) : name === entry,
  );
  if (found === undefined) return null;
  const family = FAMILIES[found];
  const known = family === undefined ? name !== found : family.includes(name.slice(found.length));
  return known || name === found ? notYet(name) : null;
}

/** Names to suggest for a misspelled action. */
export function refusedActionNames(): string[] {
  return ACTIONS_NOT_YET.flatMap((entry) =>
    entry.endsWith('.') ? (FAMILIES[entry] ?? []).map((name) => entry + name) : [entry],
  );
}
