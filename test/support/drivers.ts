import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { DriverName } from '../../src/store/sqlite/driver.ts';

/** Whether the running Node can load a driver; found out in a child, as loading one shuts out the other. */
export function hasDriver(name: DriverName): boolean {
  const load =
    name === 'node:sqlite' ? "require('node:sqlite')" : "new (require('better-sqlite3'))(':memory:')";
  const cwd = fileURLToPath(new URL('../..', import.meta.url));
  return spawnSync(process.execPath, ['-e', load], { cwd }).status === 0;
}

/** The drivers that are really in this process, whatever flow believes. */
export function loadedDrivers(): DriverName[] {
  const builtins = Reflect.get(process, 'moduleLoadList') as string[];
  const report = process.report.getReport() as unknown as { sharedObjects: string[] };
  const found: DriverName[] = [];
  if (builtins.includes('NativeModule sqlite')) found.push('node:sqlite');
  if (report.sharedObjects.some((path) => path.endsWith('better_sqlite3.node'))) found.push('better-sqlite3');
  return found;
}
