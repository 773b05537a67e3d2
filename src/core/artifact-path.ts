/** True for a path that leads out of the folder it is meant for: absolute, or with a `..` (LANGUAGE.md E504). */
export function escapesFolder(path: string): boolean {
  return path.startsWith('/') || path.split(/[/\\]/).includes('..');
}
