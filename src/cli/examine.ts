import { accessSync, constants, existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { FlowError } from '../errors/diagnostic.ts';
import { runCommand } from '../process/command.ts';
import type { Context } from './context.ts';
import type { Finding } from './finding.ts';
import { leftovers } from './leftovers.ts';
import { locks } from './lock-finding.ts';
import { proxies } from './proxy-finding.ts';
import { flowVersion } from '../machine/version.ts';
import { openReadOnly } from './wiring.ts';

/** The first SQLite without the race between writers that checkpoint (RELIABILITY.md §2.1). */
const SAFE_SQLITE = [3, 51, 3] as const;
const LARGE_WAL = 64 * 1024 * 1024;

/** Looks at everything flow stands on; changes nothing, and makes only a lock file that is gone afterwards. */
export async function examine(context: Context): Promise<Finding[]> {
  const place = home(context);
  return [
    fine('flow', flowVersion),
    fine('node', process.versions.node),
    place,
    ...rights(context),
    ...(await database(context)),
    ...(place.problem === null ? await locks(context) : []),
    fine('time zone', Intl.DateTimeFormat().resolvedOptions().timeZone),
    await shell(context),
    proxies(context),
    ...(await leftovers(context)),
  ];
}

function fine(name: string, value: string): Finding {
  return { name, value, problem: null, fix: null };
}

function home({ home: { root } }: Context): Finding {
  let at = root;
  while (!existsSync(at) && dirname(at) !== at) at = dirname(at);
  try {
    accessSync(at, constants.W_OK);
    return fine('home', existsSync(root) ? root : `${root} (not made yet)`);
  } catch {
    const fix = `chmod u+w '${at}', or set FLOW_HOME to a folder of yours`;
    return { name: 'home', value: root, problem: `${at} is not writable`, fix };
  }
}

/** Nothing of flow may be open to others, or another user's (RELIABILITY.md J4, J5). */
function rights({ home: { root } }: Context): Finding[] {
  if (!existsSync(root)) return [];
  const { uid } = statSync(root);
  const own = process.getuid?.() ?? uid;
  if (uid !== own) {
    const problem = `${root} belongs to user ${uid}, not to you (${own})`;
    return [{ name: 'permissions', value: 'another user', problem, fix: `sudo chown -R ${own} '${root}'` }];
  }
  const paths = [root, ...readdirSync(root).map((name) => join(root, name))];
  const open = paths.filter((path) => ((statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o077) !== 0);
  if (open.length === 0) return [fine('permissions', 'private')];
  const problem = `others may read or write ${open.join(', ')}`;
  const fix = `chmod go-rwx ${open.map((path) => `'${path}'`).join(' ')}`;
  return [{ name: 'permissions', value: 'open to others', problem, fix }];
}

async function database(context: Context): Promise<Finding[]> {
  try {
    const store = await openReadOnly(context);
    const info = store.info();
    const damage = await store.check().finally(() => store.close());
    return [
      fine('database', info.path),
      fine('driver', info.driver),
      fine('schema', String(info.schemaVersion)),
      integrity(damage),
      sqlite(info.sqliteVersion, info.driver),
      wal(info.walSize),
    ];
  } catch (error) {
    if (!(error instanceof FlowError)) throw error;
    const [first] = error.diagnostics;
    if (first?.code === 'S014') return [fine('database', `${context.home.database} (not made yet)`)];
    const fix = first?.hint ?? null;
    return [{ name: 'database', value: context.home.database, problem: error.message, fix }];
  }
}

function integrity(problems: readonly string[]): Finding {
  const [first] = problems;
  if (first === undefined) return fine('integrity', 'ok');
  const more = problems.length === 1 ? '' : `, and ${problems.length - 1} more (\`flow db check\`)`;
  const fix = 'put the newest copy made by `flow db backup` in its place';
  return { name: 'integrity', value: 'damaged', problem: `${first}${more}`, fix };
}

export function sqlite(version: string, driver: string): Finding {
  const parts = version.split('.').map(Number);
  const difference = SAFE_SQLITE.map((least, i) => (parts[i] ?? 0) - least).find((d) => d !== 0) ?? 0;
  if (difference >= 0) return fine('sqlite', version);
  const problem = 'versions before 3.51.3 can corrupt a database that several processes write to';
  const fix =
    driver === 'node:sqlite'
      ? 'use a newer Node'
      : 'run `npm install better-sqlite3@12` where flow is installed';
  return { name: 'sqlite', value: version, problem, fix };
}

function wal(size: number): Finding {
  const value = `${(size / 1024 / 1024).toFixed(1)} MB`;
  if (size <= LARGE_WAL) return fine('write-ahead log', value);
  const problem = 'the write-ahead log is large: a program keeps the database open for reading';
  return {
    name: 'write-ahead log',
    value,
    problem,
    fix: 'end long readers (`fuser` names them), then run any flow command',
  };
}

async function shell({ config, env, cwd }: Context): Promise<Finding> {
  const words = (config.defaultShell ?? (env['SHELL'] === '' ? undefined : env['SHELL']) ?? 'sh').split(
    /\s+/,
  );
  const [program = 'sh', ...args] = words;
  const variables = Object.fromEntries(
    Object.entries(env).flatMap(([k, v]) => (v === undefined ? [] : [[k, v]])),
  );
  const result = await runCommand({
    argv: [program, ...args, '-c', 'exit 0'],
    ...{ cwd, env: variables, timeoutMs: 5_000, maxBytes: 4_096 },
  });
  if (result.code === 0) return fine('shell', words.join(' '));
  const why =
    result.code === 127 ? 'is not found' : result.timedOut ? 'does not answer' : `exits with ${result.code}`;
  const fix = 'export FLOW_DEFAULT_SHELL=/bin/sh';
  return { name: 'shell', value: words.join(' '), problem: `the default shell ${why}`, fix };
}
