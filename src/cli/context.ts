import { resolve } from 'node:path';
import { flowHome, type FlowHome } from '../base/paths.ts';
import { flowError } from '../errors/diagnostic.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { colorLevel, painter, type Paint } from '../term/color.ts';
import type { Sink } from '../term/sink.ts';
import { loadConfig, type Config } from './config.ts';
import type { Environment, GlobalFlags, Host, SettingFlags } from './host.ts';

export interface Context extends Host {
  readonly config: Config;
  readonly home: FlowHome;
  readonly userHome: string | undefined;
  /** Absolute path of the DAG folder. */
  readonly dags: string;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly paintOut: Paint;
  readonly paintErr: Paint;
}

/**
 * Reads the settings and resolves what every command needs.
 * @throws FlowError (exit 2) for a bad setting, (exit 70) when no place for the state is known.
 */
export async function makeContext(
  host: Host,
  flags: GlobalFlags,
  settings: SettingFlags = {},
): Promise<Context> {
  const userHome = host.env['HOME'] === '' ? undefined : host.env['HOME'];
  const config = await loadConfig({
    flags: { ...flags, ...settings },
    env: host.env,
    cwd: host.cwd,
    userHome,
  });
  const paint = (sink: Sink): Paint => painter(colorLevel(config.color, host.env, sink.isTerminal));
  return {
    ...host,
    config,
    home: flowHome(config.home ?? defaultHome(host.env, userHome)),
    userHome,
    dags: config.dags,
    quiet: flags.quiet ?? false,
    verbose: flags.verbose ?? false,
    paintOut: paint(host.out),
    paintErr: paint(host.err),
  };
}

function defaultHome(env: Environment, userHome: string | undefined): string {
  const state = env['XDG_STATE_HOME'];
  if (state !== undefined && state.startsWith('/')) return resolve(state, 'flow');
  if (userHome !== undefined) return resolve(userHome, '.local/state/flow');
  throw flowError(
    EXIT.fault,
    'S017',
    'there is no HOME, so flow does not know where to keep its state',
    'set FLOW_HOME to a directory of yours, or give --home DIR',
  );
}
