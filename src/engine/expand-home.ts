/** `~` and `~/…` stand for the home directory. */
export function expandHome(path: string, env: ReadonlyMap<string, string>): string {
  const home = env.get('HOME');
  return home !== undefined && (path === '~' || path.startsWith('~/')) ? home + path.slice(1) : path;
}
