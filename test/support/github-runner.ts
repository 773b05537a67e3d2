/** What the runner of GitHub Actions makes of the log of a job: the commands that it carries out, and the rest. */
export interface Carried {
  readonly commands: readonly Command[];
  /** Lines that are shown as they are. */
  readonly text: readonly string[];
}

export interface Command {
  readonly name: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly data: string;
}

/** Names that make the runner act; as in its source, ActionCommandManager.cs. */
const KNOWN = [
  ...['set-env', 'set-output', 'save-state', 'add-mask', 'add-path', 'add-matcher', 'remove-matcher'],
  ...['debug', 'notice', 'warning', 'error', 'group', 'endgroup', 'echo', 'stop-commands'],
];

/** Reads a log line by line as the runner does (ActionCommand.cs): both spellings, and no commands while stopped. */
export function carriedOut(log: string): Carried {
  const commands: Command[] = [];
  const text: string[] = [];
  let resume: string | null = null;
  for (const line of log.split(/\r\n|\r|\n/)) {
    const known: readonly string[] = resume === null ? KNOWN : [...KNOWN, resume];
    const command: Command | null = newSpelling(line, known) ?? oldSpelling(line, known);
    if (command === null) text.push(line);
    else if (resume !== null) {
      if (command.name === resume) resume = null;
      else text.push(line);
    } else if (command.name === 'stop-commands') resume = command.data;
    else commands.push(command);
  }
  if (resume !== null) throw new Error('commands are still stopped at the end of the log');
  return { commands, text };
}

function newSpelling(line: string, known: readonly string[]): Command | null {
  const [, head = '', data = ''] = /^[\s\x85]*::(.*?)::(.*)$/s.exec(line) ?? [];
  const name = head.split(' ')[0] ?? '';
  if (!known.includes(name)) return null;
  const pairs = head.slice(name.length).trim().split(',').filter(Boolean);
  const properties = pairs.map((pair) => {
    const [key = '', ...value] = pair.split('=');
    return [key, unescapedProperty(value.join('='))] as const;
  });
  return { name, properties: Object.fromEntries(properties), data: unescaped(data) };
}

function oldSpelling(line: string, known: readonly string[]): Command | null {
  const [, head = '', data = ''] = /##\[(.*?)\](.*)$/s.exec(line) ?? [];
  const name = head.split(' ')[0] ?? '';
  return known.includes(name) ? { name, properties: {}, data } : null;
}

function unescapedProperty(text: string): string {
  return unescaped(text.replaceAll('%3A', ':').replaceAll('%2C', ','));
}

function unescaped(text: string): string {
  return text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%');
}
