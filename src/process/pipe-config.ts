/** What a pipe process has to know; it gets all of it by its environment (docs/decisions/0004). */
export interface PipeConfig {
  /** Directory of the try. */
  readonly dir: string;
  readonly streams: 1 | 2;
  /** Files of the author, absolute. */
  readonly stdout: string | null;
  readonly stderr: string | null;
  /** Of the files of the author. */
  readonly umask: number;
  /** The log files, by their paths. */
  readonly logs: { readonly stdout: string; readonly stderr: string };
  /** Bytes that are kept of each log; null: all. */
  readonly maxLogSize: number | null;
  /** Values to mask. */
  readonly secrets: readonly string[];
}

const CONFIG = 'FLOW_PIPE';
/** One variable for each, because the system bounds the size of one. */
const SECRET = 'FLOW_PIPE_SECRET_';

export function pipeEnvironment({ secrets, ...config }: PipeConfig): Record<string, string> {
  const all = secrets.map((value, i) => [`${SECRET}${i + 1}`, value] as const);
  return { [CONFIG]: JSON.stringify(config), ...Object.fromEntries(all) };
}

/** Null when the process was not started by a wrapper. */
export function readPipeConfig(env: Readonly<Record<string, string | undefined>>): PipeConfig | null {
  const text = env[CONFIG];
  if (text === undefined) return null;
  const secrets: string[] = [];
  for (let i = 1; ; i++) {
    const value = env[`${SECRET}${i}`];
    if (value === undefined) break;
    secrets.push(value);
  }
  return { ...(JSON.parse(text) as Omit<PipeConfig, 'secrets'>), secrets };
}
