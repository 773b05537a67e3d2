/** So many characters are enough to tell a job; a DAG name may have 100 (LANGUAGE.md §2.3). */
const LONGEST = 60;

/** Programs that run another one: that gives the name. */
const RUNNERS: ReadonlySet<string> = new Set([
  ...['sh', 'bash', 'dash', 'zsh', 'ksh', 'python', 'python2', 'python3', 'perl', 'ruby', 'node', 'php'],
  ...['env', 'exec', 'nice', 'ionice', 'nohup', 'sudo', 'time', 'timeout', 'chronic'],
]);

/** Commands that only prepare or ask: what comes behind them gives the name. */
const BEFORE: ReadonlySet<string> = new Set(['cd', 'test', '', 'export', 'umask', 'sleep']);

/** What stands beside a program and is none: an assignment, an option, a number such as that of `timeout`. */
const BESIDE = /^(?:\w+=.*|-.*|[\d.]+[smhd]?)$/;

/** A name for each command, in order: its program, made unique by `-2`, `-3`. Case does not make two names. */
export function dagNames(commands: readonly string[]): string[] {
  // A file of this name is the configuration.
  const taken = new Set(['flow.config']);
  return commands.map((command) => {
    const name = programOf(command);
    let unique = name;
    for (let n = 2; taken.has(unique.toLowerCase()); n++) unique = `${name}-${n}`;
    taken.add(unique.toLowerCase());
    return unique;
  });
}

/** The base name of the program that a command runs, as far as a look at its words can tell. */
function programOf(command: string): string {
  for (const part of command.split(/[;&|(){}]+/)) {
    const words = part.trim().split(/\s+/);
    const programs = words.filter((word) => !BESIDE.test(word)).map(baseOf);
    if (BEFORE.has(programs[0] ?? '')) continue;
    const program = programs.find((word) => word !== '' && !RUNNERS.has(word));
    if (program !== undefined) return program;
  }
  return 'job';
}

/** Without folder and kind of script, in the characters of a DAG name; empty when none is left. */
function baseOf(word: string): string {
  const base = /[^/]*$/.exec(word.replaceAll(/["']/g, ''))?.[0] ?? '';
  return base
    .replace(/\.(?:sh|bash|py|pl|rb|js|php)$/, '')
    .replaceAll(/[^A-Za-z0-9_.-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, LONGEST)
    .replace(/[-.]+$/, '');
}
