/**
 * Which tables of older and refused spellings hold for the keys of a map; `run` is `with` of a run step, which
 * has a code of its own.
 */
export type Room =
  | 'root'
  | 'step'
  | 'handler'
  | 'defaults'
  | 'handlers'
  | 'with'
  | 'run'
  | 'precondition'
  | 'approval'
  | 'other';

/** Older spellings and what to write instead (LANGUAGE.md §2.7); camelCase is handled where keys are. */
const REPLACED: Readonly<Partial<Record<Room, ReadonlyMap<string, string>>>> = {
  root: new Map([
    ['dir', 'working_dir'],
    ['precondition', 'preconditions'],
    ['step_types', 'actions'],
  ]),
  step: new Map([
    ['dir', 'working_dir'],
    ['precondition', 'preconditions'],
    ['executor', 'action and with'],
    ['type', 'action'],
    ['config', 'with'],
    ['exec', 'action: exec, with: {command, args}'],
    ['call', 'action: dag.run, with: {dag, params}'],
    ['params', 'action: dag.run, with: {dag, params}'],
    ['shell', 'with: {shell}'],
    ['shell_args', 'with: {shell_args}'],
    ['shell_packages', 'with: {shell_packages}'],
    ['messages', 'action: chat.completion'],
    ['llm', 'action: chat.completion'],
    ['value', 'action: router.route'],
    ['routes', 'action: router.route'],
  ]),
  defaults: new Map([['precondition', 'preconditions']]),
  handlers: new Map([['cancel', 'abort']]),
  precondition: new Map([
    ['command', 'condition'],
    ['match', 'expected'],
  ]),
};

export function replacement(room: Room, key: string): string | null {
  return REPLACED[room]?.get(key) ?? null;
}

/** `handlerOn` → `handler_on`; null when there is no capital in it. */
export function snakeCase(key: string): string | null {
  if (!/^[a-z][A-Za-z0-9]*[A-Z]/.test(key)) return null;
  return key.replace(/[A-Z]+/g, (capitals) => `_${capitals.toLowerCase()}`);
}
